package dev.osimage.oci.registry;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a token is to allow (distribution's "Token Scope"): resources in the order in which they are
 * asked for, each with its actions. Some servers read only the first, so the one to be written to
 * comes first.
 */
record Scopes(Map<String, TreeSet<String>> actions) {

  static final Scopes NONE = new Scopes(new LinkedHashMap<>());

  static Scopes pull(String repository) {
    return parse("repository:" + repository + ":pull");
  }

  static Scopes push(String repository) {
    return parse("repository:" + repository + ":pull,push");
  }

  static Scopes delete(String repository) {
    return parse("repository:" + repository + ":pull,push,delete");
  }

  /** Reads {@code type:name:action,action} as often as it stands there, separated by blanks. */
  static Scopes parse(String text) {
    var actions = new LinkedHashMap<String, TreeSet<String>>();
    for (var scope : text.strip().split(" +", -1)) {
      int colon = scope.lastIndexOf(':');
      if (colon > 0) {
        actions
            .computeIfAbsent(scope.substring(0, colon), any -> new TreeSet<>())
            .addAll(Arrays.asList(scope.substring(colon + 1).split(",", -1)));
      }
    }
    return new Scopes(actions);
  }

  /** These and the others. */
  Scopes and(Scopes others) {
    var all = new LinkedHashMap<String, TreeSet<String>>();
    actions.forEach((resource, some) -> all.put(resource, new TreeSet<>(some)));
    others.actions.forEach(
        (resource, some) -> all.computeIfAbsent(resource, any -> new TreeSet<>()).addAll(some));
    return new Scopes(all);
  }

  boolean covers(Scopes others) {
    return others.actions.entrySet().stream()
        .allMatch(entry ->
            actions.getOrDefault(entry.getKey(), new TreeSet<>()).containsAll(entry.getValue()));
  }

  /** One text for each resource. */
  List<String> texts() {
    return actions.entrySet().stream()
        .map(entry ->
            entry.getKey() + ":" + entry.getValue().stream().collect(Collectors.joining(",")))
        .toList();
  }
}
