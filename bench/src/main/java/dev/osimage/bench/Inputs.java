package dev.osimage.bench;

import dev.osimage.oci.Digest;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.SplittableRandom;

/** Makes the files that a row reads, in the folder {@code in}. */
final class Inputs {

  private static final int BLOCK = 1 << 20;

  private final Workplace place;

  Inputs(Workplace place) throws IOException {
    this.place = place;
    place.emptied("in");
  }

  /** A file by its path in the workplace. */
  record Input(String file, Digest digest) {}

  /** Bytes that nothing compresses; the same ones every time. */
  Input random(String name, long bytes) throws IOException {
    var random = new SplittableRandom(bytes);
    var block = new byte[BLOCK];
    try (var out =
        new BufferedOutputStream(Files.newOutputStream(place.path("in").resolve(name)))) {
      for (long left = bytes; left > 0; left -= BLOCK) {
        random.nextBytes(block);
        out.write(block, 0, (int) Math.min(BLOCK, left));
      }
    }
    return made(name);
  }

  /** A short text. */
  Input text(String name, String text) throws IOException {
    Files.writeString(place.path("in").resolve(name), text);
    return made(name);
  }

  /** The beginning of a tar of this machine's {@code /usr}: what a root file system holds. */
  Input tree(String name, long bytes) throws IOException {
    var file = "in/" + name;
    // The end of the pipe ends before its beginning, which is no failure.
    var tar = "{ tar -C / --sort=name -cf - usr 2>/dev/null || true; } | head -c " + bytes;
    place.run(Command.of("bash", "-c", tar).into(file));
    long made = Files.size(place.path(file));
    if (made < bytes) {
      throw new BenchException(
          "/usr of this machine has %d bytes and %d are wanted: BENCH_SIZE makes all files smaller"
              .formatted(made, bytes));
    }
    return made(name);
  }

  /** A file made by a command that writes into {@code in/NAME}. */
  Input by(Command command, String name) throws IOException {
    place.run(command.into("in/" + name));
    return made(name);
  }

  private Input made(String name) throws IOException {
    try (var bytes = new BufferedInputStream(Files.newInputStream(place.path("in/" + name)))) {
      return new Input("in/" + name, Digest.of(bytes));
    }
  }
}
