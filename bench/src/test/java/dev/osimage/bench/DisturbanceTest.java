package dev.osimage.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DisturbanceTest {

  private static final CpuTimes BEFORE = new CpuTimes(100, 1, 10, 20, 60);

  @Test
  void whatWeAndTheKernelDidDisturbsNobody() {
    var after = new CpuTimes(107, 1, 12, 25, 60);

    assertThat(Disturbance.between(BEFORE, after, 4).foreign()).isEqualTo(0);
  }

  @Test
  void otherProcessesDisturb() {
    var after = new CpuTimes(108, 1, 10, 25, 63);

    assertThat(Disturbance.between(BEFORE, after, 4).foreign()).isEqualTo(3);
  }

  @Test
  void processesThatCannotBeSeenDisturbAsWell() {
    var after = new CpuTimes(108, 1, 10, 25, 60);

    assertThat(Disturbance.between(BEFORE, after, 4).foreign()).isEqualTo(3);
  }

  @Test
  void aHostThatIsBusyWithOthersDisturbs() {
    var after = new CpuTimes(105, 3, 10, 25, 60);

    assertThat(Disturbance.between(BEFORE, after, 4).foreign()).isEqualTo(2);
  }

  @Test
  void timeThatIsCountedAsOursOnlyDoesNotHideOthers() {
    var after = new CpuTimes(104, 1, 10, 25, 62);

    assertThat(Disturbance.between(BEFORE, after, 4).foreign()).isEqualTo(2);
  }

  @Test
  void aRunCountsBelowFifteenPercentAndATenthOfASecond() {
    assertThat(new Disturbance(0.69, 4).isSmall()).isTrue();
    assertThat(new Disturbance(0.7, 4).limit()).isCloseTo(0.7, within(1e-9));
    assertThat(new Disturbance(0.71, 4).isSmall()).isFalse();
  }
}
