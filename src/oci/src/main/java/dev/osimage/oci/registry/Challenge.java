package dev.osimage.oci.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1): its scheme and the names of its
 * parameters are in lower case.
 */
record Challenge(String scheme, Map<String, String> parameters) {

  private static final int MAX_LENGTH = 16 * 1024;

  Challenge {
    parameters = Map.copyOf(parameters);
  }

  String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  /** All challenges of all header lines; what can't be read is passed over. */
  static List<Challenge> parse(List<String> headers) {
    var challenges = new ArrayList<Challenge>();
    for (var header : headers) {
      if (header.length() <= MAX_LENGTH) {
        challenges.addAll(new Parser(header).challenges());
      }
    }
    return challenges;
  }

  /**
   * Reads one header. A comma separates both parameters and challenges, so what follows one is a
   * parameter if it is a word before an equals sign, and else the scheme of the next challenge.
   */
  private static final class Parser {

    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    List<Challenge> challenges() {
      var challenges = new ArrayList<Challenge>();
      String scheme = "";
      var parameters = new LinkedHashMap<String, String>();
      while (skipTo()) {
        var word = word();
        if (word.isEmpty()) {
          at++;
          continue;
        }
        int afterWord = at;
        skipBlanks();
        if (at < text.length() && text.charAt(at) == '=' && !scheme.isEmpty()) {
          at++;
          skipBlanks();
          parameters.putIfAbsent(word.toLowerCase(Locale.ROOT), value());
        } else {
          at = afterWord;
          add(challenges, scheme, parameters);
          scheme = word.toLowerCase(Locale.ROOT);
          parameters.clear();
        }
      }
      add(challenges, scheme, parameters);
      return challenges;
    }

    private static void add(
        List<Challenge> challenges, String scheme, Map<String, String> parameters) {
      if (!scheme.isEmpty()) {
        challenges.add(new Challenge(scheme, parameters));
      }
    }

    private boolean skipTo() {
      while (at < text.length() && (isBlank(text.charAt(at)) || text.charAt(at) == ',')) {
        at++;
      }
      return at < text.length();
    }

    private void skipBlanks() {
      while (at < text.length() && isBlank(text.charAt(at))) {
        at++;
      }
    }

    private static boolean isBlank(char c) {
      return c == ' ' || c == '\t';
    }

    private String word() {
      int start = at;
      while (at < text.length() && " \t,=\"".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      return text.substring(start, at);
    }

    private String value() {
      return at < text.length() && text.charAt(at) == '"' ? quoted() : word();
    }

    private String quoted() {
      var value = new StringBuilder();
      for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
        if (text.charAt(at) == '\\' && at + 1 < text.length()) {
          at++;
        }
        value.append(text.charAt(at));
      }
      at++;
      return value.toString();
    }
  }
}
