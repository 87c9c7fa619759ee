package dev.osimage.operator.osimage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.operator.osimage.BuildQueue.Candidate;
import dev.osimage.operator.osimage.BuildQueue.Destination;
import dev.osimage.operator.osimage.BuildQueue.Running;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BuildQueueTest {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final String HUB = "hub.example.com:443";
  private static final String LAB = "lab.example.com:443";

  private final BuildQueue queue = new BuildQueue(3, 2);
  private final List<Running> running = new ArrayList<>();

  private boolean asks(String object, String registry) {
    return asks(object, registry, NOW);
  }

  private boolean asks(String object, String registry, Instant now) {
    boolean admitted = queue.admit(candidate(object), to(registry), running, now).isPresent();
    if (admitted) {
      running.add(running(object, registry));
    }
    return admitted;
  }

  private static Candidate candidate(String name) {
    return new Candidate("uid-" + name, new ResourceID(name, "team"));
  }

  private static Destination to(String registry, String... tags) {
    return new Destination(registry, Set.of(tags));
  }

  private static Running running(String object, String registry, String... tags) {
    return new Running(candidate(object), to(registry, tags), true);
  }

  /** Its reconciler has seen the Job meanwhile. */
  private void ends(String object) {
    queue.leave(candidate(object));
    running.removeIf(build -> build.object().equals(candidate(object)));
  }

  @Test
  void soManyBuildsRunAtOnceInAllAndForOneRegistry() {
    assertThat(asks("a", HUB)).isTrue();
    assertThat(asks("b", HUB)).isTrue();
    assertThat(asks("c", HUB)).as("two for one registry").isFalse();
    assertThat(asks("d", LAB)).as("another registry has room").isTrue();
    assertThat(asks("e", LAB)).as("three in all").isFalse();
    assertThat(queue.waiting()).isEqualTo(2);
  }

  @Test
  void whoCameFirstIsServedFirstHoweverOftenOthersAsk() {
    asks("a", HUB);
    asks("b", HUB);
    asks("first", HUB);
    asks("second", HUB);
    ends("a");

    assertThat(asks("second", HUB)).as("the place is the first one's").isFalse();
    assertThat(asks("first", HUB)).isTrue();
    ends("b");
    assertThat(asks("second", HUB)).isTrue();
  }

  @Test
  void whoIsServedLearnsHowLongItWaited() {
    asks("a", HUB);
    asks("b", HUB);
    asks("waits", HUB);
    ends("a");

    assertThat(queue.admit(candidate("waits"), to(HUB), running, NOW.plusSeconds(30)))
        .contains(Duration.ofSeconds(30));
  }

  @Test
  void whoDoesNotAskAgainLosesItsPlace() {
    asks("a", HUB);
    asks("b", HUB);
    asks("deleted", HUB);
    asks("waits", HUB);
    ends("a");

    assertThat(asks("waits", HUB)).isFalse();
    assertThat(asks("waits", HUB, NOW.plusSeconds(121))).isTrue();
  }

  @Test
  void whoLeavesMakesRoom() {
    asks("a", HUB);
    asks("b", HUB);
    asks("leaves", HUB);
    asks("waits", HUB);
    queue.leave(candidate("leaves"));
    ends("a");

    assertThat(asks("waits", HUB)).isTrue();
  }

  @Test
  void aBuildWhoseJobTheCachesDoNotKnowYetCounts() {
    assertThat(queue.admit(candidate("a"), to(HUB), List.of(), NOW)).isPresent();
    assertThat(queue.admit(candidate("b"), to(HUB), List.of(), NOW)).isPresent();
    assertThat(queue.admit(candidate("c"), to(HUB), List.of(), NOW)).isEmpty();
    assertThat(queue.admit(candidate("a"), to(HUB), List.of(), NOW)).as("asked again").isPresent();
  }

  @Test
  void buildsOfBeforeARestartCount() {
    running.add(running("old", HUB));
    running.add(running("older", HUB));

    assertThat(asks("new", HUB)).isFalse();
    assertThat(asks("old", HUB)).as("its next attempt follows its last one").isTrue();
  }

  @Test
  void twoThatSetTheSameTagDoNotRunAtOnceAndTheFirstOneComesFirst() {
    var tags = to(HUB, "hub/os:latest", "hub/os:1");
    var other = to(LAB, "hub/os:latest");
    running.add(running("runs", HUB, "hub/os:1"));

    assertThat(queue.admit(candidate("first"), tags, running, NOW)).isEmpty();
    assertThat(queue.admit(candidate("second"), other, running, NOW))
        .as("first wants it too")
        .isEmpty();
    ends("runs");
    assertThat(queue.admit(candidate("second"), other, running, NOW)).isEmpty();
    assertThat(queue.admit(candidate("first"), tags, running, NOW)).isPresent();
  }

  @Test
  void aJobThatGetsNoPodHoldsItsTagsButNoPlace() {
    for (int i = 0; i < 5; i++) {
      running.add(new Running(candidate("stuck-" + i), to(HUB, "hub/os:" + i), false));
    }

    assertThat(queue.admit(candidate("a"), to(HUB, "hub/os:a"), running, NOW)).isPresent();
    assertThat(queue.admit(candidate("b"), to(HUB, "hub/os:1"), running, NOW)).isEmpty();
  }

  @Test
  void whoseTurnHasComeIsKnownWithoutAsking() {
    asks("a", HUB);
    asks("b", HUB);
    asks("c", LAB);
    asks("first", HUB);
    asks("second", HUB);
    asks("elsewhere", LAB);
    assertThat(queue.next(running)).isEmpty();

    ends("a");
    assertThat(queue.next(running)).as("three in all").containsExactly(candidate("first"));
    ends("b");
    assertThat(queue.next(running)).containsExactly(candidate("first"), candidate("second"));
    asks("first", HUB);
    assertThat(queue.next(running)).as("the other is in").containsExactly(candidate("second"));
  }

  @Test
  void anObjectThatWasCreatedAnewIsAnotherOne() {
    var earlier = new Candidate("earlier", candidate("a").id());
    running.add(new Running(earlier, to(HUB, "hub/os:1"), true));

    assertThat(queue.admit(candidate("a"), to(HUB, "hub/os:1"), running, NOW))
        .as("its builder may still set the tag")
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT-1H", "PT1H"})
  void aClockThatGoesBackOrAheadKeepsTheLimitsAndStarvesNobody(Duration jump) {
    asks("a", HUB);
    asks("b", HUB);
    asks("first", HUB);
    asks("second", HUB);
    var then = NOW.plus(jump);

    assertThat(asks("first", HUB, then)).isFalse();
    assertThat(asks("second", HUB, then)).isFalse();
    ends("a");
    assertThat(asks("second", HUB, then)).isFalse();
    assertThat(asks("first", HUB, then)).isTrue();
    assertThat(asks("second", HUB, then)).isFalse();
    ends("b");
    assertThat(asks("second", HUB, then)).isTrue();
  }

  @Test
  void threeHundredAtOnceAllGetTheirTurnAndNeverMoreThanTheLimits() {
    var random = new Random(300);
    var open = new ArrayList<String>();
    for (int i = 0; i < 300; i++) {
      open.add("object-" + i);
    }
    var done = new HashSet<String>();
    for (int step = 0; step < 100_000 && !open.isEmpty(); step++) {
      var object = open.get(random.nextInt(open.size()));
      var registry = object.hashCode() % 3 == 0 ? LAB : HUB;
      if (running.stream().noneMatch(build -> build.object().equals(candidate(object)))) {
        asks(object, registry);
      }
      assertThat(running).hasSizeLessThanOrEqualTo(3);
      assertThat(
              running.stream().filter(build -> build.destination().registry().equals(HUB)).count())
          .isLessThanOrEqualTo(2);
      if (!running.isEmpty() && random.nextInt(3) == 0) {
        var ended = running.get(random.nextInt(running.size())).object().id().getName();
        ends(ended);
        open.remove(ended);
        done.add(ended);
      }
    }

    assertThat(done).hasSize(300);
  }
}
