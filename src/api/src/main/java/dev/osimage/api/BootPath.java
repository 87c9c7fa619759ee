package dev.osimage.api;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where the boot gateway serves a file of one artifact: {@code
 * /v1/osimages/<namespace>/<name>/sha256-<hex of the manifest>/<file>}. Users rely on it. No
 * character in it needs to be escaped, because firmware does not agree on how.
 *
 * @param namespace of the OsImage
 * @param name of the OsImage
 * @param manifest digest of the artifact's manifest, {@code sha256:<hex>}
 */
public record BootPath(String namespace, String name, String manifest, BootFile file) {

  /** What all paths begin with. */
  public static final String ROOT = "/v1/osimages/";

  private static final String NAME = "[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?";
  private static final Pattern PATH =
      Pattern.compile(ROOT + "(" + NAME + ")/(" + NAME + ")/sha256-([0-9a-f]{64})/([a-z.]{1,16})");
  private static final Pattern LATEST =
      Pattern.compile(ROOT + "(" + NAME + ")/(" + NAME + ")/latest/boot\\.ipxe");

  /** An OsImage of which no artifact is named: what it published last is meant. */
  public record Latest(String namespace, String name) {

    /** Reads the path of the script that leads to the newest one; empty for any other. */
    public static Optional<Latest> parse(String path) {
      var latest = LATEST.matcher(path);
      return latest.matches()
          ? Optional.of(new Latest(latest.group(1), latest.group(2)))
          : Optional.empty();
    }
  }

  /** Reads a path; empty for one of another form. */
  public static Optional<BootPath> parse(String path) {
    var parts = PATH.matcher(path);
    return parts.matches()
        ? BootFile.of(parts.group(4))
            .map(file ->
                new BootPath(parts.group(1), parts.group(2), "sha256:" + parts.group(3), file))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return ROOT + namespace + "/" + name + "/" + manifest.replace(':', '-') + "/" + file.text();
  }
}
