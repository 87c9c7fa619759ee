package dev.osimage.builder;

import dev.osimage.image.BuilderLine;
import dev.osimage.image.Wire;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Writes {@link BuilderLine}s, each whole and on a line of its own whichever thread writes it. */
final class LineWriter {

  private final PrintStream out;

  LineWriter(PrintStream out) {
    this.out = out;
  }

  synchronized void write(BuilderLine line) {
    var json = new String(Wire.write(line), StandardCharsets.UTF_8);
    out.print(json + "\n");
    out.flush();
  }
}
