package dev.osimage.builder;

import dev.osimage.image.BuilderLine;
import dev.osimage.image.FinishedPart;
import dev.osimage.image.Wire;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes {@link BuilderLine}s, each whole and on a line of its own whichever thread writes it. */
final class LineWriter {

  private final PrintStream out;
  private final List<FinishedPart> finished = new ArrayList<>();

  LineWriter(PrintStream out) {
    this.out = out;
  }

  synchronized void write(BuilderLine line) {
    if (line instanceof BuilderLine.PartDone done) {
      finished.add(done.part());
    }
    var json = new String(Wire.write(line), StandardCharsets.UTF_8);
    out.print(json + "\n");
    out.flush();
  }

  /** The parts that were written of so far. */
  synchronized List<FinishedPart> finished() {
    return List.copyOf(finished);
  }
}
