package dev.osimage.bench;

/**
 * How much of the machine others used during a run: {@code foreign} seconds of CPU in {@code wall}
 * seconds.
 */
record Disturbance(double foreign, double wall) {

  private static final double SHARE = 0.15;
  private static final double FREE = 0.1;

  /**
   * What happened between two moments, {@code wall} seconds apart. Of two ways to see other
   * processes the one counts that sees more: their own times, which misses those of other
   * containers; and what of the whole machine's time was neither ours nor the kernel's, which
   * misses what the kernel counts as ours only, such as the interrupts of our traffic.
   */
  static Disturbance between(CpuTimes before, CpuTimes after, double wall) {
    double others = after.others() - before.others();
    double rest =
        after.machine()
            - before.machine()
            - (after.own() - before.own())
            - (after.kernel() - before.kernel());
    double stolen = after.stolen() - before.stolen();
    return new Disturbance(stolen + Math.max(0, Math.max(others, rest)), wall);
  }

  /** The most foreign seconds with which a run counts. */
  double limit() {
    return SHARE * wall + FREE;
  }

  /** Whether a run with it counts. */
  boolean isSmall() {
    return foreign < limit();
  }
}
