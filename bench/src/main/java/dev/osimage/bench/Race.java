package dev.osimage.bench;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A row, ready to be run.
 *
 * @param theirs the peer, where there is one
 * @param filling what the source registry holds, where one is read from
 * @param check throws when a run did not do the work
 * @param tls whether the empty registry speaks TLS
 * @param warmUps how often we run before anything is counted
 */
record Race(
    Side ours,
    @Nullable Side theirs,
    Stage.@Nullable Filling filling,
    Check check,
    boolean tls,
    int warmUps)
    implements AutoCloseable {

  /** Looks at what a run has left, outside of the measured time. */
  interface Check {
    void check(Stage stage) throws IOException;
  }

  @Override
  public void close() {
    ours.close();
    if (theirs != null) {
      theirs.close();
    }
  }
}
