package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.createdAt;
import static dev.osimage.operator.osimage.Examples.failed;
import static dev.osimage.operator.osimage.Examples.observed;
import static dev.osimage.operator.osimage.Examples.running;
import static dev.osimage.operator.osimage.Examples.succeeded;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.operator.Settings.KeptJobs;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ActionsTest {

  private static final Duration DAY = Duration.ofDays(1);

  /** An attempt of so many hours ago; the first one of them was the first. */
  private static Attempt ago(int hours, int number, Attempt.State state) {
    return createdAt(attempt(A, 1, number, state), NOW.minus(Duration.ofHours(hours)));
  }

  private static List<Integer> outdated(KeptJobs kept, Attempt... attempts) {
    return Actions.outdated(observed(A, 1, OsImageStatus.empty(), attempts), kept).stream()
        .map(Attempt::number)
        .toList();
  }

  @Test
  void ofEndedBuildsSoManyAreKeptAndNoneThatRuns() {
    var ended =
        new Attempt[] {
          ago(5, 1, failed(Reason.BUILDER_LOST)),
          ago(4, 2, failed(Reason.BUILDER_LOST)),
          ago(3, 3, succeeded(A)),
        };
    var more = Arrays.copyOf(ended, 4);
    more[3] = ago(2, 4, running());

    assertThat(outdated(new KeptJobs(3, DAY), ended)).isEmpty();
    assertThat(outdated(new KeptJobs(2, DAY), ended)).containsExactly(1);
    assertThat(outdated(new KeptJobs(1, DAY), more)).containsExactly(1, 2);
  }

  @Test
  void whatIsOldGoesExceptTheRecordOfWhatWasDoneLast() {
    assertThat(
            outdated(
                new KeptJobs(3, DAY),
                ago(72, 1, failed(Reason.BUILDER_LOST)),
                ago(25, 2, failed(Reason.BUILDER_LOST)),
                ago(23, 3, succeeded(A))))
        .containsExactly(1, 2);
    assertThat(outdated(new KeptJobs(3, DAY), ago(72, 1, succeeded(A)))).isEmpty();
  }
}
