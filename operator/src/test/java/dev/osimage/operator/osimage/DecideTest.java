package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.B;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.UNBUILDABLE;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.buildable;
import static dev.osimage.operator.osimage.Examples.createdAt;
import static dev.osimage.operator.osimage.Examples.deleting;
import static dev.osimage.operator.osimage.Examples.failed;
import static dev.osimage.operator.osimage.Examples.observed;
import static dev.osimage.operator.osimage.Examples.pending;
import static dev.osimage.operator.osimage.Examples.podAlive;
import static dev.osimage.operator.osimage.Examples.published;
import static dev.osimage.operator.osimage.Examples.report;
import static dev.osimage.operator.osimage.Examples.running;
import static dev.osimage.operator.osimage.Examples.succeeded;
import static dev.osimage.operator.osimage.Examples.suspended;
import static dev.osimage.operator.osimage.Examples.target;
import static dev.osimage.operator.osimage.Examples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules for one spec; {@link DecideOverTimeTest} has those for specs that change. */
class DecideTest {

  private static final OsImageStatus NOTHING = OsImageStatus.empty();

  private static Decision decide(
      OsImageSpec spec, long generation, OsImageStatus status, Attempt... attempts) {
    return Decide.decide(observed(spec, generation, status, attempts), SETTINGS);
  }

  @Test
  void anObjectWithoutAnyAttemptIsBuilt() {
    assertThat(decide(A, 1, NOTHING)).isEqualTo(new Decision.Start(1));
  }

  @Test
  void anAttemptOnItsWayIsWaitedFor() {
    var pending = attempt(A, 1, 1, pending());
    var running = attempt(A, 1, 1, running());

    assertThat(decide(A, 1, NOTHING, pending)).isEqualTo(new Decision.Wait(pending));
    assertThat(decide(A, 1, NOTHING, running)).isEqualTo(new Decision.Wait(running));
  }

  @Test
  void aBuilderThatDoesNotRunInTimeIsEndedWithTheReasonItWaitedFor() {
    var spec = with(A, "pendingTimeout", "90s");
    var waiting = createdAt(attempt(spec, 1, 1, pending()), NOW.minusSeconds(90));
    var late = createdAt(attempt(spec, 1, 1, pending()), NOW.minusSeconds(91));
    var sentence =
        "the builder did not run within 90 s (spec.pendingTimeout): 0/3 nodes are available";

    assertThat(decide(spec, 1, NOTHING, waiting)).isEqualTo(new Decision.Wait(waiting));
    assertThat(decide(spec, 1, NOTHING, late))
        .isEqualTo(
            new Decision.Expire(late, new Attempt.Failed(Reason.PENDING_TIMEOUT, sentence, NOW)));
  }

  @Test
  void theAdministratorsPendingTimeoutHoldsWhereTheSpecHasNone() {
    var late = createdAt(attempt(A, 1, 1, pending()), NOW.minusSeconds(15 * 60 + 1));

    assertThat(decide(A, 1, NOTHING, late)).isInstanceOf(Decision.Expire.class);
  }

  @Test
  void aRunningBuilderIsNeverEndedByThePendingTimeout() {
    var old = createdAt(attempt(A, 1, 1, running()), NOW.minus(Duration.ofMinutes(59)));

    assertThat(decide(A, 1, NOTHING, old)).isEqualTo(new Decision.Wait(old));
  }

  @Test
  void aBuilderOnALostNodeIsGivenUpInTheEnd() {
    var running = attempt(A, 1, 1, running());
    var late = createdAt(running, NOW.minus(Duration.ofMinutes(15 + 60 + 2)));

    assertThat(decide(A, 1, NOTHING, late)).isInstanceOf(Decision.Expire.class);
  }

  @Test
  void nothingStartsWhileAPodOfOursMayStillRun() {
    var due = new Attempt.Failed(Reason.PENDING_TIMEOUT, "late", Instant.EPOCH);
    var givenUp = podAlive(attempt(A, 1, 1, due));
    var stray =
        new Observed(1, A, NOTHING, Requests.NONE, target(A), List.of(), List.of(), true, NOW);

    assertThat(decide(A, 1, NOTHING, givenUp)).isInstanceOf(Decision.RetryLater.class);
    assertThat(decide(B, 2, NOTHING, givenUp)).isInstanceOf(Decision.Cancel.class);
    assertThat(Decide.decide(stray, SETTINGS)).isEqualTo(new Decision.Cancel(List.of()));
  }

  static Stream<Arguments> whateverElseIsTrue() {
    return Stream.of(
        Arguments.of(Named.of("nothing is published", A), NOTHING),
        Arguments.of(Named.of("the spec is published", A), published(A, 1, 1)),
        Arguments.of(Named.of("the object is suspended", suspended(A)), NOTHING),
        Arguments.of(Named.of("suspended and published", suspended(A)), published(A, 1, 1)),
        Arguments.of(Named.of("the spec can't be built", UNBUILDABLE), NOTHING));
  }

  @ParameterizedTest
  @MethodSource("whateverElseIsTrue")
  void anAttemptAtAnotherSpecIsEndedBeforeAnythingElse(OsImageSpec spec, OsImageStatus status) {
    var pending = attempt(B, 2, 1, pending());
    var running = attempt(B, 2, 1, running());
    var going = deleting(running);
    var done = attempt(A, 1, 1, succeeded(A));

    assertThat(decide(spec, 3, status, done, pending))
        .isEqualTo(new Decision.Cancel(List.of(pending)));
    assertThat(decide(spec, 3, status, done, running))
        .isEqualTo(new Decision.Cancel(List.of(running)));
    assertThat(decide(spec, 3, status, done, going))
        .as("its pod may still push")
        .isEqualTo(new Decision.Cancel(List.of(going)));
  }

  @Test
  void nothingStartsWhileAnAttemptAtTheSameSpecIsBeingDeleted() {
    var going = deleting(attempt(A, 1, 1, running()));

    assertThat(decide(A, 1, NOTHING, going)).isEqualTo(new Decision.Cancel(List.of(going)));
  }

  @Test
  void suspendEndsTheRunningAttemptAndThenRests() {
    var running = attempt(A, 1, 1, running());

    assertThat(decide(suspended(A), 2, NOTHING, running))
        .isEqualTo(new Decision.Cancel(List.of(running)));
    assertThat(decide(suspended(A), 2, NOTHING)).isEqualTo(new Decision.Suspended());
    assertThat(decide(suspended(A), 2, NOTHING, attempt(A, 1, 1, failed(Reason.BUILDER_LOST))))
        .isEqualTo(new Decision.Suspended());
  }

  @Test
  void suspendLeavesWhatIsPublishedReady() {
    var done = attempt(A, 1, 1, succeeded(A));

    assertThat(decide(suspended(A), 2, NOTHING, done))
        .isEqualTo(new Decision.Published(Optional.of(done)));
    assertThat(decide(suspended(A), 2, published(A, 1, 1)))
        .isEqualTo(new Decision.Published(Optional.empty()));
  }

  @Test
  void endingASuspensionGoesOnWithTheSameSeriesOfAttempts() {
    var failed = attempt(A, 1, 4, failed(Reason.DIGEST_MISMATCH));

    assertThat(decide(with(A, "suspend", false), 3, NOTHING, failed))
        .isInstanceOf(Decision.Stalled.class);
  }

  @Test
  void aPassingFailureIsTriedAgainWhenItsPauseIsOver() {
    var failure = new Attempt.Failed(Reason.REGISTRY_UNAVAILABLE, "HTTP 503", NOW);
    var attempt = attempt(A, 1, 1, failure);
    var next = RetryClock.next(attempt, failure, A, Examples.SETTINGS).orElseThrow();

    assertThat(decideAt(next.minusMillis(1), attempt))
        .isEqualTo(new Decision.RetryLater(attempt, failure, next));
    assertThat(decideAt(next, attempt)).isEqualTo(new Decision.Start(2));
  }

  @Test
  void whatSomebodyHasToChangeIsStalledAndLookedAtAgain() {
    var failure = new Attempt.Failed(Reason.CREDENTIALS_REFUSED, "HTTP 401", NOW);
    var attempt = attempt(A, 1, 1, failure);
    var next = RetryClock.next(attempt, failure, A, Examples.SETTINGS).orElseThrow();

    assertThat(decideAt(next.minusMillis(1), attempt))
        .isEqualTo(
            new Decision.Stalled(
                Optional.of(attempt), failure.reason(), "HTTP 401", Optional.of(next)));
    assertThat(decideAt(next, attempt)).isEqualTo(new Decision.Start(2));
  }

  private static Decision decideAt(Instant time, Attempt attempt) {
    var observed = observed(A, 1, NOTHING, attempt);
    return Decide.decide(
        new Observed(
            1,
            A,
            NOTHING,
            Requests.NONE,
            observed.target(),
            List.of(attempt),
            List.of(),
            false,
            time),
        Examples.SETTINGS);
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void onlyAChangeOfTheSpecHelpsWhereItsInputIsWrong(Reason reason) {
    var failed = attempt(A, 1, 1, new Attempt.Failed(reason, "why", NOW.minus(Duration.ofDays(1))));

    assertThat(decide(A, 1, NOTHING, failed))
        .isEqualTo(
            switch (reason.nature()) {
              case PASSING, CHANGE -> new Decision.Start(2);
              case STATE, FIX_INPUT ->
                  new Decision.Stalled(Optional.of(failed), reason, "why", Optional.empty());
            });
  }

  @Test
  void aChangedSpecBeginsItsOwnSeriesOfAttemptsAtOnce() {
    var stalled = attempt(A, 1, 3, failed(Reason.DIGEST_MISMATCH));
    var waiting = attempt(A, 1, 3, failed(Reason.REGISTRY_UNAVAILABLE));
    var moved = with(A, "files/kernel/http/url", "https://mirror.example.com/vmlinuz");

    assertThat(decide(moved, 2, NOTHING, stalled)).isEqualTo(new Decision.Start(1));
    assertThat(decide(moved, 2, NOTHING, waiting)).isEqualTo(new Decision.Start(1));
  }

  @Test
  void aSpecThatCanNotBeBuiltStallsWithASentenceAndNoJob() {
    assertThat(decide(UNBUILDABLE, 1, NOTHING))
        .isEqualTo(
            new Decision.Stalled(
                Optional.empty(),
                Reason.INVALID_SPEC,
                "'no-host' is not of the form host/path",
                Optional.empty()));
  }

  @Test
  void whatIsPublishedStaysReadyWhenAPolicyThatCameLaterWouldRefuseIt() {
    var ready = published(A, 1, 1);
    var refused =
        new Observed(
            1,
            A,
            ready,
            Requests.NONE,
            new Target.Unbuildable("the host is not allowed"),
            List.of(),
            List.of(),
            false,
            NOW);

    assertThat(Decide.decide(refused, Examples.SETTINGS))
        .isEqualTo(new Decision.Published(Optional.empty()));
    assertThat(
            Report.status(
                Examples.image(A, 1),
                refused,
                Decide.decide(refused, Examples.SETTINGS),
                Chore.Nothing.EVER))
        .isEqualTo(ready);
  }

  @Test
  void afterThreeDigitsTheNumbersBeginAgain() {
    var last = attempt(A, 1, 999, new Attempt.Failed(Reason.BUILDER_LOST, "", Instant.EPOCH));
    var before = attempt(A, 1, 998, new Attempt.Failed(Reason.BUILDER_LOST, "", Instant.EPOCH));

    assertThat(decide(A, 1, NOTHING, before)).isEqualTo(new Decision.Start(999));
    assertThat(decide(A, 1, NOTHING, before, last)).isEqualTo(new Decision.Start(1));
    assertThat(decide(A, 1, NOTHING, last, createdAt(attempt(A, 1, 1, running()), NOW)))
        .as("a long outage is no reason to give up")
        .isInstanceOf(Decision.Wait.class);
  }

  @Test
  void aSuccessAfterFailuresIsWhatCounts() {
    var first = attempt(A, 1, 1, failed(Reason.SOURCE_UNAVAILABLE));
    var second = attempt(A, 1, 2, succeeded(A));

    assertThat(decide(A, 1, NOTHING, second, first))
        .isEqualTo(new Decision.Published(Optional.of(second)));
  }

  @Test
  void aLostStatusIsReplacedByWhatTheJobSaysAndNothingIsBuiltTwice() {
    var done = attempt(A, 1, 1, succeeded(A));
    var observedOnly = Examples.seen(-1);

    assertThat(decide(A, 1, NOTHING, done)).isEqualTo(new Decision.Published(Optional.of(done)));
    assertThat(decide(A, 1, observedOnly, done))
        .isEqualTo(new Decision.Published(Optional.of(done)));
  }

  @Test
  void aStatusThatMissedTheNewestAttemptCausesNoSecondBuild() {
    var failed = attempt(A, 1, 1, failed(Reason.BUILDER_LOST));
    var running = attempt(A, 1, 2, running());
    var done = attempt(A, 1, 2, succeeded(A));
    var stale = report(A, 1, NOTHING, failed);

    assertThat(decide(A, 1, stale, failed, running)).isEqualTo(new Decision.Wait(running));
    assertThat(decide(A, 1, stale, failed, done))
        .isEqualTo(new Decision.Published(Optional.of(done)));
  }

  @Test
  void whatIsPublishedStaysSoWhenItsJobsAreCleanedAway() {
    var status = published(A, 1, 3);

    assertThat(decide(A, 1, status)).isEqualTo(new Decision.Published(Optional.empty()));
    assertThat(decide(A, 1, status, attempt(A, 1, 2, failed(Reason.BUILDER_LOST))))
        .as("an older, failed attempt is left")
        .isEqualTo(new Decision.Published(Optional.empty()));
  }

  @Test
  void aFinishedJobThatSomebodyDeletesDoesNotUnpublish() {
    var done = deleting(attempt(A, 1, 1, succeeded(A)));

    assertThat(decide(A, 1, published(A, 1, 1), done)).isInstanceOf(Decision.Published.class);
  }

  @Test
  void theIdentityOfAnAttemptFollowsTheObjectAndEverythingButSuspend() {
    var other = Examples.image(A, 1);
    other.getMetadata().setUid("6c1a5fd4-0000-4000-8000-000000000002");

    assertThat(buildable(suspended(A)).identity()).isEqualTo(buildable(A).identity());
    assertThat(buildable(B).identity()).isNotEqualTo(buildable(A).identity());
    assertThat(Target.of(other, SETTINGS))
        .isInstanceOfSatisfying(
            Target.Buildable.class,
            target -> assertThat(target.identity()).isNotEqualTo(buildable(A).identity()));
  }
}
