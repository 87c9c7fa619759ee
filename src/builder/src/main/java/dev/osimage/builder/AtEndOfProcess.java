package dev.osimage.builder;

/**
 * Does something if the process is told to end (SIGTERM: the Job was deleted) before this is
 * closed.
 */
final class AtEndOfProcess implements AutoCloseable {

  private final Thread hook;

  AtEndOfProcess(Runnable action) {
    this.hook = new Thread(action, "end of process");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process ends right now, and the action runs.
    }
  }
}
