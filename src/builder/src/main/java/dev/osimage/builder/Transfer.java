package dev.osimage.builder;

import dev.osimage.image.BuilderLine;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Counts what has been transferred, for all sources of a build together. */
final class Transfer {

  private static final long UNKNOWN = -1;

  private final int parts;
  private final AtomicInteger done = new AtomicInteger();
  private final List<Meter> meters;
  private long reported = -1;

  Transfer(int parts, int sources) {
    this.parts = parts;
    this.meters = Stream.generate(Meter::new).limit(sources).toList();
  }

  /** The meter of one source. */
  Meter of(int source) {
    return meters.get(source);
  }

  /** That many parts more are in the registry. */
  void done(int count) {
    done.addAndGet(count);
  }

  /** Passes the progress on if there was any since the last call. */
  void report(Consumer<BuilderLine> lines) {
    long now = meters.stream().mapToLong(meter -> meter.bytes.get()).sum();
    if (now != reported) {
      reported = now;
      boolean known = meters.stream().allMatch(meter -> meter.total.get() != UNKNOWN);
      var total = known ? meters.stream().mapToLong(meter -> meter.total.get()).sum() : UNKNOWN;
      lines.accept(new BuilderLine.Progress(done.get(), parts, now, known ? total : null));
    }
  }

  /** Counts the bytes of one source. */
  static final class Meter {

    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong total = new AtomicLong(UNKNOWN);

    /** Nothing has to be read: so many bytes are in the registry already. */
    void skip(long size) {
      bytes.set(size);
      total.set(size);
    }

    /** The same stream, counted from zero. */
    InputStream count(InputStream source, OptionalLong length) {
      bytes.set(0);
      total.set(length.orElse(UNKNOWN));
      return new FilterInputStream(source) {
        @Override
        public int read() throws IOException {
          int value = super.read();
          bytes.addAndGet(value < 0 ? 0 : 1);
          return value;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
          int read = super.read(buffer, offset, length);
          bytes.addAndGet(Math.max(read, 0));
          return read;
        }
      };
    }
  }
}
