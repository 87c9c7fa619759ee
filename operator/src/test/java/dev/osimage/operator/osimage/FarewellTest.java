package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.published;
import static dev.osimage.operator.osimage.Examples.running;
import static dev.osimage.operator.osimage.Examples.succeeded;
import static dev.osimage.operator.osimage.Examples.target;
import static dev.osimage.operator.osimage.Examples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.image.RegistryTask;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FarewellTest {

  private static final OsImageSpec UNTAG = with(A, "deletionPolicy", "Untag");
  private static final OsImageSpec DELETE = with(A, "deletionPolicy", "Delete");
  private static final Claims NOBODY = new Claims(claim -> List.of());

  @Test
  void whatIsRetainedNeedsNothing() {
    assertThat(farewell(A, published(A, 1, 1), NOW, List.of(), List.of(), NOBODY))
        .isEqualTo(new Farewell.LetGo(""));
  }

  @Test
  void whatHasPublishedNothingNeedsNothing() {
    assertThat(farewell(DELETE, OsImageStatus.empty(), NOW, List.of(), List.of(), NOBODY))
        .isEqualTo(new Farewell.LetGo(""));
  }

  @Test
  void aBuildIsEndedFirstAndNotWaitedForForEver() {
    var build = List.of(attempt(UNTAG, 1, 1, running()));

    assertThat(farewell(UNTAG, OsImageStatus.empty(), NOW, build, List.of(), NOBODY))
        .isEqualTo(new Farewell.Cancel(build));
    assertThat(farewell(UNTAG, deleting(), late(), build, List.of(), NOBODY))
        .isInstanceOf(Farewell.LetGo.class);
  }

  @Test
  void aRemovalThatCanNotBeStartedIsGivenUpInTheEnd() {
    assertThat(farewell(UNTAG, deleting(), NOW, List.of(), List.of(), NOBODY))
        .isInstanceOf(Farewell.Remove.class);
    assertThat(farewell(UNTAG, deleting(), late(), List.of(), List.of(), NOBODY))
        .isInstanceOf(Farewell.LetGo.class);
  }

  @Test
  void anOperatorThatWasNotThereWhenItWasDeletedStillRemovesIt() {
    assertThat(farewell(UNTAG, published(UNTAG, 1, 1), late(), List.of(), List.of(), NOBODY))
        .isInstanceOf(Farewell.Remove.class);
  }

  @Test
  void tagsAndContentTagOfWhatIsPublishedAreRemoved() {
    var status = published(UNTAG, 1, 1);

    var start = removal(farewell(UNTAG, status, NOW, List.of(), List.of(), NOBODY));

    assertThat(start.kind()).isEqualTo(RegistryTask.Kind.UNTAG);
    assertThat(start.artifacts())
        .singleElement()
        .satisfies(artifact -> {
          assertThat(artifact.digest().toString())
              .isEqualTo(Objects.requireNonNull(status.artifact()).digest());
          assertThat(artifact.tags()).containsExactly("1592.1-amd64", "latest-amd64");
          assertThat(artifact.contentTag()).startsWith("osimage-");
        });
  }

  @Test
  void whatWasPublishedAfterTheLastStatusIsRemovedToo() {
    var build = List.of(attempt(DELETE, 1, 1, succeeded(DELETE)));

    var start = removal(farewell(DELETE, OsImageStatus.empty(), NOW, build, List.of(), NOBODY));

    assertThat(start.kind()).isEqualTo(RegistryTask.Kind.DELETE);
    assertThat(start.artifacts()).hasSize(1);
  }

  @Test
  void ofWhatAnotherObjectHasPublishedTooOnlyTagsOfOnesOwnAreRemoved() {
    var status = published(UNTAG, 1, 1);
    var reference = Objects.requireNonNull(status.artifact()).reference();
    var other = image(A, 1);
    other.getMetadata().setUid("another");
    var shared =
        new Claims(claim ->
            claim.equals(reference) || claim.endsWith(":latest-amd64")
                ? List.of(other)
                : List.of());

    var start = removal(farewell(UNTAG, status, NOW, List.of(), List.of(), shared));

    assertThat(start.artifacts().getFirst().tags()).containsExactly("1592.1-amd64");
    assertThat(start.artifacts().getFirst().contentTag()).isNull();
    assertThat(farewell(DELETE, published(DELETE, 1, 1), NOW, List.of(), List.of(), shared))
        .isEqualTo(new Farewell.LetGo(""));
  }

  @Test
  void aTaskIsWaitedForWithinABound() {
    assertThat(after(null, NOW)).isInstanceOf(Farewell.Wait.class);
    assertThat(after(null, late()))
        .isInstanceOfSatisfying(
            Farewell.LetGo.class, letGo -> assertThat(letGo.undone()).isNotEmpty());
  }

  @Test
  void aTaskThatFailedIsDoneOnceMoreUnlessTheRegistryCanNotOrTimeIsOver() {
    assertThat(after(Reason.SUCCEEDED, NOW)).isEqualTo(new Farewell.LetGo(""));
    assertThat(after(Reason.DELETION_UNSUPPORTED, NOW)).isEqualTo(new Farewell.LetGo("why"));
    assertThat(after(Reason.REGISTRY_UNAVAILABLE, NOW)).isInstanceOf(Farewell.Again.class);
    assertThat(after(Reason.REGISTRY_UNAVAILABLE, late())).isEqualTo(new Farewell.LetGo("why"));
  }

  private static Farewell after(@Nullable Reason reason, Instant now) {
    var task =
        new Task(
            "removal",
            RegistryTask.Kind.UNTAG,
            Farewell.PURPOSE,
            List.of(),
            null,
            null,
            NOW,
            true,
            false,
            Optional.ofNullable(reason).map(it -> new Task.End(now, it, "why", Optional.empty())));
    return farewell(UNTAG, deleting(), now, List.of(), List.of(task), NOBODY);
  }

  /** As it was said at the first look after the deletion. */
  private static OsImageStatus deleting() {
    return Report.deleting(published(UNTAG, 1, 1), 1, NOW, "what it published is being removed");
  }

  private static Instant late() {
    return NOW.plus(SETTINGS.deletionTimeout()).plus(Duration.ofSeconds(1));
  }

  private static Chore.Start removal(Farewell farewell) {
    assertThat(farewell).isInstanceOf(Farewell.Remove.class);
    return ((Farewell.Remove) farewell).start();
  }

  private static OsImage deleted(OsImageSpec spec, OsImageStatus status) {
    var image = image(spec, 1);
    image.setStatus(status);
    image.getMetadata().setDeletionTimestamp(NOW.toString());
    return image;
  }

  private static Farewell farewell(
      OsImageSpec spec,
      OsImageStatus status,
      Instant now,
      List<Attempt> attempts,
      List<Task> tasks,
      Claims claims) {
    var observed =
        new Observed(1, spec, status, Requests.NONE, target(spec), attempts, tasks, false, now);
    return Farewell.decide(deleted(spec, status), observed, SETTINGS, claims);
  }
}
