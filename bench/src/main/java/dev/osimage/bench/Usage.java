package dev.osimage.bench;

/**
 * What a run took of the machine: seconds of {@code wall} time and of CPU in {@code user} and
 * kernel ({@code system}) mode, and the most MiB that were resident at once. Of a pipe of programs
 * these are their peaks together.
 */
record Usage(double wall, double user, double system, double peakMib) {

  /** All CPU time, in seconds. */
  double cpu() {
    return user + system;
  }
}
