package dev.osimage.bench;

import java.io.IOException;

/** A side that starts programs anew each time. */
record CommandSide(Workplace place, Commands commands) implements Side {

  /** The command for a stage; files that it needs are written before it is measured. */
  interface Commands {
    Command of(Stage stage);
  }

  @Override
  public Usage run(Stage stage) throws IOException {
    return place.time(commands.of(stage));
  }

  @Override
  public String command(Stage stage) {
    return stage.withoutPorts(commands.of(stage).toString());
  }
}
