package dev.osimage.oci.content;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads archives and keeps what came out. */
final class Reading implements Archive.MemberHandler {

  final Map<String, byte[]> members = new LinkedHashMap<>();
  final Map<String, OptionalLong> sizes = new LinkedHashMap<>();

  @Override
  public void member(String path, InputStream content, OptionalLong size) throws IOException {
    members.put(path, content.readAllBytes());
    sizes.put(path, size);
  }

  static Map<String, byte[]> of(byte[] archive, String... paths) throws IOException {
    return of(archive, DecompressionLimits.DEFAULT, paths);
  }

  static Map<String, byte[]> of(byte[] archive, DecompressionLimits limits, String... paths)
      throws IOException {
    var reading = new Reading();
    Archive.read(new ByteArrayInputStream(archive), asTheyAre(paths), limits, reading);
    return reading.members;
  }

  static Map<String, Compression> asTheyAre(String... paths) {
    return Stream.of(paths)
        .collect(
            Collectors.toMap(
                path -> path, path -> Compression.NONE, (a, b) -> a, LinkedHashMap::new));
  }
}
