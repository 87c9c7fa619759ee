package dev.osimage.bench;

import java.io.IOException;

/** One of the two that do the same work. */
interface Side extends AutoCloseable {

  /** Does the work once and says what it took. What is needed before is not counted. */
  Usage run(Stage stage) throws IOException;

  /** How somebody would do the same by hand. */
  String command(Stage stage);

  @Override
  default void close() {}
}
