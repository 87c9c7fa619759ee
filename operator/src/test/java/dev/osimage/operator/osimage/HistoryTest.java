package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.ChoresTest.look;
import static dev.osimage.operator.osimage.ChoresTest.object;
import static dev.osimage.operator.osimage.ChoresTest.observed;
import static dev.osimage.operator.osimage.ChoresTest.withJson;
import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.B;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.published;
import static dev.osimage.operator.osimage.Examples.succeeded;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Retired;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.RegistryTask;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What leaves the history, and its content tags. */
class HistoryTest {

  private static final Instant LATER = NOW.plus(Duration.ofHours(7));

  @Test
  void contentTagsOfWhatLeftTheHistoryAreRemovedWhereThatIsAskedFor() {
    var before = published(A, 1, 1);
    var keepsNone = retention(B, "{\"history\": 0}");
    var keepsOne = retention(B, "{\"history\": 1}");

    assertThat(after(B, before).effectiveRetired()).isEmpty();
    assertThat(after(keepsOne, before).effectiveRetired()).isEmpty();
    assertThat(after(keepsOne, before).effectiveHistory()).hasSize(1);
    var retired = after(keepsNone, before);
    assertThat(retired.effectiveHistory()).isEmpty();
    assertThat(retired.effectiveRetired())
        .extracting(Retired::reference)
        .containsExactly(Objects.requireNonNull(before.artifact()).reference());

    assertThat(look(keepsNone, retired, LATER).chore())
        .isInstanceOfSatisfying(
            Chore.Start.class,
            start -> {
              assertThat(start.kind()).isEqualTo(RegistryTask.Kind.UNTAG);
              assertThat(start.artifacts().getFirst().tags()).isEmpty();
              assertThat(start.artifacts().getFirst().contentTag()).startsWith("osimage-");
            });
  }

  @Test
  void aContentTagThatSomebodyElseNamesStays() {
    var spec = retention(B, "{\"history\": 0}");
    var status = after(spec, published(A, 1, 1));
    var another = object(A, published(A, 1, 1));
    another.getMetadata().setUid("another");

    var chore =
        Chores.decide(
            object(spec, status),
            observed(spec, status, LATER, List.of(), List.of()),
            new Decision.Published(Optional.empty()),
            SETTINGS,
            new Claims(claim -> Claims.of(another).contains(claim) ? List.of(another) : List.of()));

    assertThat(chore).isInstanceOf(Chore.Nothing.class);
  }

  @Test
  void whatIsOldLeavesTheHistory() {
    var spec = retention(B, "{\"maxAge\": \"1h\"}");

    var status = after(spec, published(A, 1, 1));
    assertThat(status.effectiveHistory()).hasSize(1);
    assertThat(look(spec, status, LATER).status().effectiveHistory()).isEmpty();
  }

  @Test
  void aContentTagThatIsNamedAgainIsNotRemoved() {
    var spec = retention(B, "{\"history\": 0}");
    var retired = after(spec, published(A, 1, 1));
    var draft = new StatusDraft(retired);
    draft.retired =
        List.of(
            new Retired(
                Objects.requireNonNull(retired.artifact()).reference(),
                BuildPlan.contentTag(retired.artifact().inputsHash())));

    assertThat(look(spec, draft.status(), LATER).chore()).isEqualTo(Chore.Nothing.EVER);
  }

  private static OsImageStatus after(OsImageSpec spec, OsImageStatus before) {
    return Examples.report(spec, 2, before, attempt(spec, 2, 1, succeeded(spec)));
  }

  private static OsImageSpec retention(OsImageSpec spec, String json) {
    return withJson(spec, "retention", json);
  }
}
