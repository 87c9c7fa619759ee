package dev.osimage.gateway.web;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Which kernel arguments a request may add: those whose names the administrator lists. Nothing that
 * a script could take for something else than an argument.
 */
public record AppendRules(Set<String> names) {

  private static final int MAX_LENGTH = 512;

  public AppendRules {
    names = Set.copyOf(names);
  }

  /** The arguments in {@code text}; {@link IllegalArgumentException} says which is not allowed. */
  List<String> arguments(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("append has more than " + MAX_LENGTH + " characters");
    }
    var arguments = Arrays.stream(text.split(" ", -1)).filter(word -> !word.isEmpty()).toList();
    for (var argument : arguments) {
      if (!argument.matches("[A-Za-z0-9_.,:/=@%+-]+")) {
        throw new IllegalArgumentException(
            "append may have letters, digits and _ . , : / = @ % + - between blanks");
      }
      var name = argument.replaceFirst("=.*$", "");
      if (!names.contains(name)) {
        throw new IllegalArgumentException(
            "append may not set '%s': the administrator allows %s"
                .formatted(name, names.isEmpty() ? "nothing" : String.join(", ", names)));
      }
    }
    return arguments;
  }
}
