package dev.osimage.builder;

import dev.osimage.image.BuilderLine;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Counts what has been transferred, for all parts of a build together. */
final class Transfer {

  private final int parts;
  private final AtomicInteger done = new AtomicInteger();
  private final AtomicInteger sized = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong total = new AtomicLong();
  private long reported = -1;

  Transfer(int parts) {
    this.parts = parts;
  }

  /** The same stream, counted. */
  InputStream counted(PartSource source) {
    source.length().ifPresent(this::addTotal);
    return new FilterInputStream(source.bytes()) {
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

  /** One part is in the registry; {@code skipped} bytes of it were there before. */
  void partDone(OptionalLong skipped) {
    skipped.ifPresent(size -> {
      addTotal(size);
      bytes.addAndGet(size);
    });
    done.incrementAndGet();
  }

  private void addTotal(long size) {
    total.addAndGet(size);
    sized.incrementAndGet();
  }

  /** Passes the progress on if there was any since the last call. */
  void report(Consumer<BuilderLine> lines) {
    long now = bytes.get();
    if (now != reported) {
      reported = now;
      var known = sized.get() == parts ? Long.valueOf(total.get()) : null;
      lines.accept(new BuilderLine.Progress(done.get(), parts, now, known));
    }
  }
}
