package dev.osimage.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.osimage.bench.CpuTimes.Line;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CpuTimesTest {

  private static final long SELF = 50;
  private static final List<String> STAT = List.of("cpu  100 20 300 4000 500 60 70 800 0 0", "");

  @Test
  void aProcessCountsWithItsEndedChildrenWhateverItsName() {
    var stat = "77 (a) b (c) S 50 1 1 0 -1 4194560 1 2 3 4 10 20 300 4000 20 0 1 0 5";

    assertThat(Line.parse(stat)).isEqualTo(new Line(77, 50, 4330));
  }

  @Test
  void processesBelongToUsToTheKernelOrToOthersByTheirAncestors() {
    var processes =
        Map.of(
            1L,
            new Line(1, 0, 1),
            2L,
            new Line(2, 0, 10),
            3L,
            new Line(3, 2, 20),
            SELF,
            new Line(SELF, 1, 100),
            51L,
            new Line(51, SELF, 200),
            52L,
            new Line(52, 51, 400),
            60L,
            new Line(60, 1, 1000));

    var times = CpuTimes.of(STAT, processes, SELF);

    assertThat(times.kernel()).isEqualTo(0.3);
    assertThat(times.own()).isEqualTo(7);
    assertThat(times.others()).isEqualTo(10.01);
  }

  @Test
  void theMachineIsBusyInUserModeAndKernelModeOnly() {
    var times = CpuTimes.of(STAT, Map.of(), SELF);

    assertThat(times.machine()).isCloseTo(4.2, within(1e-9));
    assertThat(times.stolen()).isEqualTo(8);
  }

  @Test
  void whatAnEndedProcessUsedBeforeIsNotCountedAgainThroughItsParent() {
    var before = new HashMap<>(Map.of(1L, new Line(1, 0, 0), 9L, new Line(9, 1, 5000)));
    var after = Map.of(1L, new Line(1, 0, 5030));

    var used = CpuTimes.of(STAT, after, SELF).others() - CpuTimes.of(STAT, before, SELF).others();

    assertThat(used).isCloseTo(0.3, within(1e-9));
  }

  @Test
  void itsOwnWorkIsSeenOnThisMachine() {
    var before = CpuTimes.now();
    var self = ProcessHandle.current().pid();
    double until = ProcessTimes.of(self).cpu() + 0.2;
    while (ProcessTimes.of(self).cpu() < until) {
      Thread.onSpinWait();
    }
    var after = CpuTimes.now();

    assertThat(after.own() - before.own()).isGreaterThan(0.15);
  }
}
