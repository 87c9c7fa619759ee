package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.B;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.UNBUILDABLE;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.buildable;
import static dev.osimage.operator.osimage.Examples.createdAt;
import static dev.osimage.operator.osimage.Examples.failed;
import static dev.osimage.operator.osimage.Examples.observed;
import static dev.osimage.operator.osimage.Examples.observedAt;
import static dev.osimage.operator.osimage.Examples.pending;
import static dev.osimage.operator.osimage.Examples.podAlive;
import static dev.osimage.operator.osimage.Examples.published;
import static dev.osimage.operator.osimage.Examples.report;
import static dev.osimage.operator.osimage.Examples.running;
import static dev.osimage.operator.osimage.Examples.succeeded;
import static dev.osimage.operator.osimage.Examples.suspended;
import static dev.osimage.operator.osimage.Examples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules for specs and clocks that change: what is built again, and what is not. */
class DecideOverTimeTest {

  private static final OsImageStatus NOTHING = OsImageStatus.empty();

  private static Decision decide(
      OsImageSpec spec, long generation, OsImageStatus status, Attempt... attempts) {
    return Decide.decide(observed(spec, generation, status, attempts), SETTINGS);
  }

  static Stream<Arguments> changesOfHowAndNotOfWhat() {
    return Stream.of(
        Arguments.of("timeout", "30m"),
        Arguments.of("pendingTimeout", "5m"),
        Arguments.of("bootCheck", "Off"),
        Arguments.of("suspend", true),
        Arguments.of("destination/secretRef", Map.of("name", "other")),
        Arguments.of("destination/plainHTTP", true),
        Arguments.of("destination/tags", List.of("latest-amd64", "1592.1-amd64")),
        Arguments.of("files/kernel/http/url", "https://mirror.example.com/vmlinuz"));
  }

  @ParameterizedTest
  @MethodSource("changesOfHowAndNotOfWhat")
  void aChangeOfHowItIsMadeIsNoReasonToMakeItAgain(String field, Object value) {
    var changed = with(A, field, value);
    var done = attempt(A, 1, 1, succeeded(A));

    assertThat(decide(changed, 2, NOTHING, done))
        .as("with the Job")
        .isEqualTo(new Decision.Published(Optional.of(done)));
    assertThat(decide(changed, 2, published(A, 1, 1)))
        .as("with the status alone")
        .isEqualTo(new Decision.Published(Optional.empty()));
  }

  static Stream<Arguments> changesOfWhatIsPublished() {
    return Stream.of(
        Arguments.of("commandLine", "rw"),
        Arguments.of("architecture", "arm64"),
        Arguments.of("format", "ironcore-legacy"),
        Arguments.of("config", Map.of("os-release", "974.0")),
        Arguments.of("annotations", Map.of("manifest", Map.of("a", "b"))),
        Arguments.of("annotations", Map.of("config", Map.of("a", "b"))),
        Arguments.of("files/rootfs/inline", "other root"),
        Arguments.of("files/kernel/http/digest", "sha256:" + "3".repeat(64)),
        Arguments.of("destination/repository", "registry.example.com/os/other"),
        Arguments.of("destination/tags", List.of("latest-amd64")),
        Arguments.of("destination/tags", List.of()));
  }

  @ParameterizedTest
  @MethodSource("changesOfWhatIsPublished")
  void aChangeOfWhatIsPublishedIsBuilt(String field, Object value) {
    var changed = with(A, field, value);
    var done = attempt(A, 1, 1, succeeded(A));

    assertThat(decide(changed, 2, published(A, 1, 1), done)).isEqualTo(new Decision.Start(1));
    assertThat(decide(changed, 2, published(A, 1, 1))).isEqualTo(new Decision.Start(1));
  }

  @Test
  void goingBackAfterTheOtherSpecWasPublishedBuildsAgain() {
    var a = attempt(A, 1, 4, succeeded(A));
    var b = attempt(B, 2, 1, succeeded(B));
    var status = report(B, 2, published(A, 1, 4), a, b);

    assertThat(decide(A, 3, status, a, b))
        .as("the tags are on the other one now")
        .isEqualTo(new Decision.Start(5));
    assertThat(decide(A, 3, NOTHING, a, b)).as("status lost").isEqualTo(new Decision.Start(5));
    assertThat(decide(A, 3, status, a)).as("its Job cleaned away").isEqualTo(new Decision.Start(5));
    assertThat(decide(A, 3, status)).as("no Job is left").isEqualTo(new Decision.Start(1));
  }

  @ParameterizedTest
  @EnumSource(
      value = Reason.class,
      names = {"REGISTRY_UNAVAILABLE", "REGISTRY_REFUSED", "BUILD_TIMEOUT"})
  void goingBackAfterTheOtherSpecFailedBuildsAgainBecauseItMayHaveMovedTags(Reason reason) {
    var a = attempt(A, 1, 4, succeeded(A));
    var b = attempt(B, 2, 1, failed(reason));
    var status = report(B, 2, published(A, 1, 4), a, b);

    assertThat(decide(A, 3, status, a, b)).isEqualTo(new Decision.Start(5));
    assertThat(decide(A, 3, NOTHING, a, b)).as("status lost").isEqualTo(new Decision.Start(5));
    assertThat(decide(A, 3, status, a)).as("its Job gone").isEqualTo(new Decision.Start(5));
  }

  @Test
  void goingBackWhileTheOtherSpecIsBuiltEndsItFirstAndThenBuildsAgain() {
    var a = attempt(A, 1, 1, succeeded(A));
    var b = attempt(B, 2, 1, running());
    var building = report(B, 2, published(A, 1, 1), a, b);

    assertThat(decide(A, 3, building, a, b)).isEqualTo(new Decision.Cancel(List.of(b)));
    var cancelling = report(A, 3, building, a, b);
    assertThat(decide(A, 3, cancelling, a)).isEqualTo(new Decision.Start(2));
  }

  @Test
  void theRebuildAfterGoingBackIsWaitedForAndNotTakenForPublished() {
    var a = attempt(A, 1, 1, succeeded(A));
    var b = attempt(B, 2, 1, failed(Reason.REGISTRY_UNAVAILABLE));
    var again = attempt(A, 3, 2, running());
    var failedOnB = report(B, 2, published(A, 1, 1), a, b);
    var started = report(A, 3, failedOnB, a, b);

    assertThat(started.build()).isNotNull();
    assertThat(decide(A, 3, started, a, b, again))
        .as("the registry's tags are unknown until this attempt has set them")
        .isEqualTo(new Decision.Wait(again));
  }

  @Test
  void aRebuildAfterGoingBackThatFailsIsAFailure() {
    var a = attempt(A, 1, 1, succeeded(A));
    var b = attempt(B, 2, 1, failed(Reason.REGISTRY_UNAVAILABLE));
    var again = attempt(A, 3, 2, failed(Reason.REGISTRY_REFUSED));
    var started = report(A, 3, report(B, 2, published(A, 1, 1), a, b), a, b);

    assertThat(decide(A, 3, started, a, b, again)).isInstanceOf(Decision.Stalled.class);
  }

  @Test
  void aRestoredStatusFromBeforeTheOtherSpecDoesNotHideTheRebuild() {
    var again = attempt(A, 3, 2, running());

    assertThat(decide(A, 3, published(A, 1, 1), again)).isEqualTo(new Decision.Wait(again));
  }

  @Test
  void aRebuildWhoseJobSomebodyDeletedIsStartedOnceMore() {
    var a = attempt(A, 1, 1, succeeded(A));
    var b = attempt(B, 2, 1, failed(Reason.REGISTRY_UNAVAILABLE));
    var started = report(A, 3, report(B, 2, published(A, 1, 1), a, b), a, b);

    assertThat(decide(A, 3, started)).isEqualTo(new Decision.Start(1));
  }

  @Test
  void goingBackAndForthWhileSuspendedDoesNotAdoptWhatTheOtherSpecMayHaveReplaced() {
    var a = attempt(A, 1, 1, succeeded(A));
    var b = attempt(B, 2, 1, running());
    var building = report(B, 2, published(A, 1, 1), a, b);
    var cancelling = report(suspended(B), 3, building, a, b);

    assertThat(decide(suspended(A), 4, cancelling, a)).isEqualTo(new Decision.Suspended());
    assertThat(decide(A, 5, cancelling, a)).isEqualTo(new Decision.Start(2));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBuildThatWasEndedIsRememberedAfterItsJobIsGone(boolean suspend) {
    var a = attempt(A, 1, 1, succeeded(A));
    var b = attempt(B, 2, 1, running());
    var pause = suspend ? suspended(B) : UNBUILDABLE;
    var building = report(B, 2, published(A, 1, 1), a, b);
    var cancelling = report(pause, 3, building, a, b);
    var gone = report(pause, 3, cancelling, a);

    assertThat(decide(A, 4, gone, a))
        .as("the tags may be on the other one")
        .isEqualTo(new Decision.Start(2));
  }

  @Test
  void anUnbuildableSpecInBetweenChangesNothing() {
    var a = attempt(A, 1, 1, succeeded(A));
    var stalled = report(UNBUILDABLE, 2, published(A, 1, 1), a);

    assertThat(decide(A, 3, stalled, a)).isEqualTo(new Decision.Published(Optional.of(a)));
    assertThat(decide(A, 3, stalled)).isEqualTo(new Decision.Published(Optional.empty()));
  }

  @Test
  void aFailedSpecThatComesBackIsTriedAgainAtOnce() {
    var a = attempt(A, 1, 1, failed(Reason.DIGEST_MISMATCH));
    var b = attempt(B, 2, 1, succeeded(B));
    var status = report(B, 2, NOTHING, a, b);

    assertThat(decide(A, 3, status, a)).isEqualTo(new Decision.Start(2));
    assertThat(decide(A, 3, status, a, b)).isEqualTo(new Decision.Start(2));
    assertThat(decide(A, 3, NOTHING, a, b)).as("status lost").isEqualTo(new Decision.Start(2));
  }

  @Test
  void aNewIdentityOfTheSameGenerationCountsByAgeAndNotByItsNumber() {
    // A new version of the operator may write the same spec with another identity.
    var old = attempt(with(A, "timeout", "1h"), 1, 3, failed(Reason.BUILDER_LOST));
    var done = createdAt(attempt(A, 1, 1, succeeded(A)), NOW.minusSeconds(5));

    assertThat(buildable(A).identity()).isNotEqualTo(old.identity());
    assertThat(decide(A, 1, NOTHING, old, done))
        .isEqualTo(new Decision.Published(Optional.of(done)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"P-1D", "PT-1H", "PT-1S", "PT2M", "PT1H", "P1D"})
  void aClockThatGoesBackOrAheadStartsNothingBesideABuilderAndTakesNothingBack(Duration jump) {
    var done = attempt(A, 1, 1, succeeded(A));
    var running = attempt(A, 1, 1, running());
    var pending = attempt(A, 1, 1, pending());
    var givenUp = podAlive(attempt(A, 1, 1, failed(Reason.PENDING_TIMEOUT)));

    assertThat(after(jump, NOTHING, done)).isEqualTo(new Decision.Published(Optional.of(done)));
    assertThat(after(jump, published(A, 1, 1))).isEqualTo(new Decision.Published(Optional.empty()));
    assertThat(after(jump, NOTHING, running))
        .isInstanceOfAny(Decision.Wait.class, Decision.Expire.class);
    assertThat(after(jump, NOTHING, pending))
        .isInstanceOfAny(Decision.Wait.class, Decision.Expire.class);
    assertThat(after(jump, NOTHING, givenUp)).isInstanceOf(Decision.RetryLater.class);
  }

  @Test
  void aClockThatGoesBackMakesAPauseLongerAndOneThatJumpsAheadEndsIt() {
    var failed = attempt(A, 1, 1, failed(Reason.REGISTRY_UNAVAILABLE));

    assertThat(after(Duration.ofHours(-1), NOTHING, failed))
        .isInstanceOfSatisfying(
            Decision.RetryLater.class,
            later -> assertThat(later.next()).isBetween(NOW.minusSeconds(60), NOW));
    assertThat(after(Duration.ofHours(1), NOTHING, failed)).isEqualTo(new Decision.Start(2));
  }

  private static Decision after(Duration jump, OsImageStatus status, Attempt... attempts) {
    return Decide.decide(observedAt(NOW.plus(jump), A, 1, status, attempts), SETTINGS);
  }
}
