package dev.osimage.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {

  @Test
  void theMedianIsTheOneInTheMiddleOfSortedValues() {
    assertThat(Spread.of(List.of(9.0, 1.0, 2.0))).isEqualTo(new Spread(2, 1, 9));
  }

  @Test
  void theMedianOfAnEvenNumberLiesBetweenTheTwoInTheMiddle() {
    assertThat(Spread.of(List.of(8.0, 1.0, 2.0, 4.0))).isEqualTo(new Spread(3, 1, 8));
  }

  @Test
  void ratiosAreTakenPairByPair() {
    // The medians of both sides are equal; in most pairs ours took half the time.
    var ours = List.of(1.0, 2.0, 4.0);
    var theirs = List.of(2.0, 4.0, 1.0);

    assertThat(Spread.ofRatios(ours, theirs)).isEqualTo(new Spread(0.5, 0.5, 4));
  }

  @Test
  void runsWithoutTheirPairAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Spread.ofRatios(List.of(1.0, 2.0), List.of(1.0)));
  }

  @Test
  void nothingHasNoMedian() {
    assertThatIllegalArgumentException().isThrownBy(() -> Spread.of(List.of()));
  }
}
