package dev.osimage.oci.content;

import dev.osimage.oci.http.ConnectionFailure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The members that are asked for: which of them an entry is, and which never came. */
final class WantedMembers {

  private static final int MAX_HINTS = 3;

  /** By their normal paths, the paths as they were asked for. */
  private final Map<String, String> asked = new LinkedHashMap<>();

  private final Set<String> found = new HashSet<>();

  /** By base names, some paths of the archive that end with them. */
  private final Map<String, List<String>> hints = new LinkedHashMap<>();

  WantedMembers(Collection<String> paths) {
    for (var path : paths) {
      var normal = normal(path);
      if (normal.isEmpty() || Stream.of(normal.split("/")).anyMatch(".."::equals)) {
        throw new IllegalArgumentException(
            "'" + path + "' is not the path of a file in an archive, such as boot/vmlinuz");
      }
      var other = asked.putIfAbsent(normal, path);
      if (other != null) {
        throw new IllegalArgumentException(
            "'" + other + "' and '" + path + "' are the same member of an archive");
      }
      hints.put(baseName(normal), new ArrayList<>());
    }
  }

  /** The path, as it was asked for, that this entry is; none when nobody asked for it. */
  @Nullable String match(String entryPath) throws ContentException {
    var normal = normal(entryPath);
    var path = asked.get(normal);
    if (path == null) {
      var hint = hints.get(baseName(normal));
      if (hint != null && hint.size() < MAX_HINTS) {
        hint.add(normal);
      }
    } else if (!found.add(normal)) {
      throw new ContentException(
          "The archive has more than one entry for "
              + quoted(path)
              + ", and which of them is meant is not clear; make the archive anew");
    }
    return path;
  }

  /** Throws when a member has not come until the end of the archive. */
  void requireAll() throws ContentException {
    for (var entry : asked.entrySet()) {
      if (!found.contains(entry.getKey())) {
        var similar = hints.getOrDefault(baseName(entry.getKey()), List.of());
        throw new ContentException(
            "The archive has no "
                + quoted(entry.getValue())
                + (similar.isEmpty()
                    ? ""
                    : "; it has "
                        + similar.stream()
                            .map(WantedMembers::quoted)
                            .collect(Collectors.joining(", "))));
      }
    }
  }

  /** A path of somebody else's as part of a message. */
  static String quoted(String path) {
    return "'" + ConnectionFailure.shortened(path) + "'";
  }

  /** Without empty components and such that are a dot. */
  private static String normal(String path) {
    return Stream.of(path.split("/"))
        .filter(component -> !component.isEmpty() && !component.equals("."))
        .collect(Collectors.joining("/"));
  }

  private static String baseName(String normal) {
    return normal.substring(normal.lastIndexOf('/') + 1);
  }
}
