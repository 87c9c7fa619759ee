package dev.osimage.oci.layout;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.DigestMismatchException;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.content.VerifyingStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The folder {@code blobs/sha256} of a layout. A blob may be a symbolic link, as some build tools
 * make them: its content is checked by its digest wherever it lies.
 */
final class Blobs {

  private static final int BUFFER = 128 * 1024;

  private final Path folder;

  Blobs(Path root) {
    folder = root.resolve("blobs").resolve("sha256");
  }

  Path folder() {
    return folder;
  }

  /** Whether the blob is there in its full length; its bytes are checked when they are read. */
  boolean has(Descriptor blob) throws IOException {
    var file = folder.resolve(blob.digest().hex());
    return Files.isRegularFile(file) && Files.size(file) == blob.size();
  }

  /** The bytes of a blob, checked while they are read. */
  InputStream open(Descriptor blob) throws IOException {
    var file = folder.resolve(blob.digest().hex());
    if (!Files.isRegularFile(file)) {
      throw new ContentException("the OCI layout has no blob " + blob.digest() + ": " + file);
    }
    return new VerifyingStream(Files.newInputStream(file), blob, folder.toString());
  }

  /** A blob of at most {@link Manifest#MAX_BYTES} as a whole, empty when there is none. */
  Optional<byte[]> small(Digest digest) throws IOException {
    var file = folder.resolve(digest.hex());
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    long size = Files.size(file);
    if (size > Manifest.MAX_BYTES) {
      throw new ContentException(
          "%s has %d bytes, which no manifest has: there may be %d"
              .formatted(file, size, Manifest.MAX_BYTES));
    }
    try (var in = open(new Descriptor("", digest, size))) {
      return Optional.of(in.readAllBytes());
    }
  }

  /** Writes a blob; nothing is kept when the content is another. */
  void write(Descriptor blob, Content content) throws IOException {
    var known = content.size();
    if (known.isPresent() && known.getAsLong() != blob.size()) {
      throw wrongSize(blob, String.valueOf(known.getAsLong()));
    }
    try (var in = content.open()) {
      write(blob, in);
    }
  }

  /** Writes a blob from the rest of a stream. */
  void write(Descriptor blob, InputStream in) throws IOException {
    var hash = Digest.sha256();
    long written = 0;
    var buffer = new byte[BUFFER];
    try (var file = DurableFile.in(folder)) {
      int read;
      while ((read = in.read(buffer)) >= 0) {
        written += read;
        if (written > blob.size()) {
          throw wrongSize(blob, "more");
        }
        hash.update(buffer, 0, read);
        file.write(buffer, 0, read);
      }
      if (written < blob.size()) {
        throw wrongSize(blob, String.valueOf(written));
      }
      var actual = Digest.finish(hash);
      if (!actual.equals(blob.digest())) {
        throw new DigestMismatchException(blob.digest(), actual, written);
      }
      file.commit(blob.digest().hex());
    }
  }

  private static ContentException wrongSize(Descriptor blob, String found) {
    return new ContentException(
        "the blob %s should have %d bytes, but there are %s"
            .formatted(blob.digest(), blob.size(), found));
  }
}
