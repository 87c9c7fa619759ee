package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.failed;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.published;
import static dev.osimage.operator.osimage.Examples.running;
import static dev.osimage.operator.osimage.Examples.succeeded;
import static dev.osimage.operator.osimage.Examples.suspended;
import static dev.osimage.operator.osimage.Examples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Annotations by which somebody asks for something. */
class RequestsTest {

  private static final OsImageStatus NOTHING = OsImageStatus.empty();
  private static final Map<String, String> LOOK = Map.of(OsImage.RECONCILE_REQUESTED_AT, "now");
  private static final Map<String, String> REBUILD = Map.of(OsImage.REBUILD_REQUESTED_AT, "now");

  /** One look at an object with these annotations. */
  private record Look(Decision decision, OsImageStatus status) {

    String conditions() {
      return status.effectiveConditions().stream()
          .map(condition -> condition.type() + "=" + condition.status())
          .toList()
          .toString();
    }
  }

  private static OsImage annotated(OsImageSpec spec, Map<String, String> annotations) {
    var image = image(spec, 1);
    image.getMetadata().setAnnotations(annotations);
    return image;
  }

  private static Look look(OsImage image, OsImageStatus before, Attempt... attempts) {
    image.setStatus(before);
    var observed =
        new Observed(
            image.getMetadata().getGeneration(),
            image.getSpec(),
            before,
            Requests.of(image),
            Target.of(image, SETTINGS),
            List.of(attempts),
            List.of(),
            false,
            NOW);
    var decision = Decide.decide(observed, SETTINGS);
    return new Look(decision, Report.status(image, observed, decision, Chore.Nothing.EVER));
  }

  /** An attempt that was started for what the annotations of the object ask. */
  private static Attempt asked(OsImage image, Attempt attempt) {
    if (!(Target.of(image, SETTINGS) instanceof Target.Buildable target)) {
      throw new IllegalArgumentException("can't be built");
    }
    return new Attempt(
        BuildJob.name(image, target, attempt.number()),
        target.identity(),
        target.publicationHash(),
        Requests.of(image),
        attempt.number(),
        attempt.tries(),
        attempt.generation(),
        attempt.createdAt(),
        attempt.deleting(),
        attempt.podAlive(),
        attempt.recorded(),
        attempt.disruption(),
        attempt.state());
  }

  @Test
  void whoAsksToLookAgainGetsAnotherAttemptAtOnceAndOnlyOne() {
    var image = annotated(A, LOOK);
    var stalled = attempt(A, 1, 1, failed(Reason.DIGEST_MISMATCH));
    var first = look(image, NOTHING, stalled);
    var again =
        asked(image, attempt(A, 1, 2, new Attempt.Failed(Reason.DIGEST_MISMATCH, "no", NOW)));
    var second = look(image, first.status(), stalled, again);

    assertThat(first.decision()).isEqualTo(new Decision.Start(2));
    assertThat(first.status().lastHandledReconcileAt())
        .as("the attempt may not come to be")
        .isNull();
    assertThat(second.decision()).isInstanceOf(Decision.Stalled.class);
    assertThat(second.status().lastHandledReconcileAt()).isEqualTo("now");
  }

  @Test
  void whoAsksToLookAtWhatIsPublishedGetsNoBuildAndTheAnswerNotBeforeTheLook() {
    var look = look(annotated(A, LOOK), published(A, 1, 1), attempt(A, 1, 1, succeeded(A)));

    assertThat(look.decision()).isInstanceOf(Decision.Published.class);
    assertThat(look.status().lastHandledReconcileAt()).isNull();
  }

  @Test
  void whoAsksForARebuildGetsOneAndWhatIsPublishedStaysReady() {
    var image = annotated(A, REBUILD);
    var done = attempt(A, 1, 1, succeeded(A));
    var before = published(A, 1, 1);
    var started = look(image, before, done);
    var runs =
        look(image, started.status(), done, asked(image, later(attempt(A, 1, 1, running()))));
    var ended =
        look(image, runs.status(), done, asked(image, later(attempt(A, 1, 1, succeeded(A)))));
    var later = look(image, ended.status());

    assertThat(started.decision()).isEqualTo(new Decision.Start(1));
    assertThat(started.conditions()).isEqualTo("[Ready=True, Reconciling=True]");
    assertThat(runs.status().lastHandledRebuildAt()).isEqualTo("now");
    assertThat(runs.conditions()).isEqualTo("[Ready=True, Reconciling=True]");
    assertThat(ended.conditions()).isEqualTo("[Ready=True]");
    assertThat(ended.status().artifact()).isNotNull();
    assertThat(later.decision())
        .as("also when its Job is gone")
        .isEqualTo(new Decision.Published(Optional.empty()));
  }

  @Test
  void aRebuildThatFailedLeavesWhatIsPublishedReadyAndNeverStalled() {
    var image = annotated(A, REBUILD);
    image.setStatus(published(A, 1, 1));
    var done = attempt(A, 1, 1, succeeded(A));
    var wrong = new Attempt.Failed(Reason.DIGEST_MISMATCH, "another digest", NOW);
    var look = look(image, published(A, 1, 1), done, asked(image, later(attempt(A, 1, 1, wrong))));

    assertThat(look.decision()).isInstanceOf(Decision.Stalled.class);
    assertThat(look.conditions()).isEqualTo("[LastBuildFailed=True, Ready=True]");
    assertThat(look.status().artifact()).isEqualTo(published(A, 1, 1).artifact());
    assertThat(
            look.status().effectiveConditions().stream()
                .filter(c -> c.type().equals(Condition.LAST_BUILD_FAILED)))
        .allMatch(condition -> condition.reason().equals("DigestMismatch"));
  }

  @Test
  void aRebuildLeavesReadyAlsoWhenTheGenerationHasMovedOnSinceTheArtifactWasBuilt() {
    var done = attempt(A, 1, 1, succeeded(A));
    var other = with(A, "retry", Map.of("limit", 5));
    var image = annotated(other, Map.of());
    image.getMetadata().setGeneration(2L);
    var good = look(image, published(A, 1, 1), done).status();
    image.getMetadata().setAnnotations(REBUILD);
    var started = look(image, good, done);
    var wrong = new Attempt.Failed(Reason.DIGEST_MISMATCH, "another digest", NOW);
    var attempt = asked(image, later(attempt(other, 2, 1, wrong)));
    var failed = look(image, started.status(), done, attempt);
    image.getMetadata().setAnnotations(Map.of());
    var withdrawn = look(image, failed.status(), done, attempt);

    assertThat(started.conditions()).isEqualTo("[Ready=True, Reconciling=True]");
    assertThat(failed.conditions()).isEqualTo("[LastBuildFailed=True, Ready=True]");
    assertThat(withdrawn.decision()).isInstanceOf(Decision.Published.class);
    assertThat(withdrawn.conditions()).isEqualTo("[Ready=True]");
  }

  @Test
  void aRequestWhileAnAttemptRunsIsKeptForTheNextOne() {
    var image = annotated(A, LOOK);
    var runs = look(image, NOTHING, attempt(A, 1, 1, running()));
    var wrong = new Attempt.Failed(Reason.DIGEST_MISMATCH, "another digest", NOW);
    var failed = look(image, runs.status(), attempt(A, 1, 1, wrong));

    assertThat(runs.status().lastHandledReconcileAt()).isNull();
    assertThat(failed.decision()).isEqualTo(new Decision.Start(2));
  }

  @Test
  void askingForARebuildDuringTheFirstBuildDoesNotCancelIt() {
    var look = look(annotated(A, REBUILD), NOTHING, attempt(A, 1, 1, running()));

    assertThat(look.decision()).isInstanceOf(Decision.Wait.class);
  }

  @Test
  void aSuspendedObjectIsNotRebuilt() {
    var image = annotated(suspended(A), REBUILD);

    assertThat(look(image, published(A, 1, 1)).decision()).isInstanceOf(Decision.Published.class);
  }

  @Test
  void takingTheAnnotationAwayAsksForNothing() {
    var image = annotated(A, Map.of());

    assertThat(look(image, published(A, 1, 1)).decision()).isInstanceOf(Decision.Published.class);
  }

  @Test
  void longValuesAreCut() {
    var requests =
        Requests.of(annotated(A, Map.of(OsImage.REBUILD_REQUESTED_AT, "x".repeat(9999))));

    assertThat(requests.rebuild()).hasSize(256);
  }

  private static Attempt later(Attempt attempt) {
    return Examples.createdAt(attempt, NOW);
  }
}
