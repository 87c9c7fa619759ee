package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.B;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.buildable;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.suspended;
import static dev.osimage.operator.osimage.Examples.target;
import static dev.osimage.operator.osimage.Examples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Condition;
import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.operator.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The life of an object in a small model of a cluster: people edit it, builders move the tags and
 * end as they like, the operator dies between any two of its calls, and its clock is right or not
 * whenever it looks. Whatever happens, Ready means that the tags are on this spec's artifact, and
 * never do two builders run.
 */
class LifeTest {

  /** More of them find rarer stories: {@code -Dlives=20000}. */
  private static final long LIVES = Long.getLong("lives", 400);

  private static final List<OsImageSpec> SPECS =
      List.of(A, B, with(A, "timeout", "30m"), suspended(A), suspended(B), Examples.UNBUILDABLE);

  private static final Settings.KeptJobs KEPT_JOBS =
      new Settings.KeptJobs(3, Duration.ofMinutes(10));

  /** What nobody has tried before. */
  private static final OsImageSpec LAST = with(A, "commandLine", "last");

  /** How much the operator's clock may be ahead of the API server's. */
  private static final List<Duration> SKEWS =
      Stream.of("PT0S", "PT-1H", "PT2M", "PT1H", "P1D").map(Duration::parse).toList();

  private Random random = new Random(0);
  private final List<String> story = new ArrayList<>();
  private final Map<String, Attempt> jobs = new LinkedHashMap<>();

  /** The publications of pods whose Jobs are gone. */
  private final List<String> strays = new ArrayList<>();

  private OsImageSpec spec = A;
  private long generation = 1;
  private OsImageStatus status = OsImageStatus.empty();

  /** By the API server's clock. */
  private Instant now = NOW;

  private boolean skewed;

  /** The publication that the registry's tags are on. */
  private String tagged = "";

  private int crashes;
  private int builds;

  @ParameterizedTest
  @CsvSource({"0,0,false", "1,0,false", "1,1,false", "2,1,false", "0,0,true", "2,1,true"})
  void readyMeansPublishedWhateverHappens(
      int crashesPerEdit, int deletionsPerEdit, boolean skewed) {
    for (long seed = 0; seed < LIVES; seed++) {
      var life = new LifeTest();
      life.skewed = skewed;
      life.random = new Random(seed);
      life.live(crashesPerEdit, deletionsPerEdit);
    }
  }

  private void live(int crashesPerEdit, int deletionsPerEdit) {
    for (int edit = 0; edit < 12; edit++) {
      crashes = crashesPerEdit;
      int deletions = deletionsPerEdit;
      int steps = random.nextInt(8);
      for (int step = 0; step < steps; step++) {
        switch (random.nextInt(4)) {
          case 0, 1 -> look();
          case 2 -> builderGoesOn();
          default -> {
            if (deletions-- > 0) {
              somebodyDeletesAJob();
            }
          }
        }
      }
      spec = SPECS.get(random.nextInt(SPECS.size()));
      generation++;
      story.add("spec " + SPECS.indexOf(spec) + " as generation " + generation);
    }
    settle();
  }

  /** In the end nobody edits any more, the clock is right, and builders succeed. */
  private void settle() {
    crashes = 0;
    skewed = false;
    spec = LAST;
    generation++;
    story.add("settles");
    int before = builds;
    for (int i = 0; i < 60; i++) {
      look();
      jobs.replaceAll((name, job) -> job.active() && !job.deleting() ? succeeded(job) : job);
      now = now.plus(Duration.ofHours(1));
    }
    assertThat(ready()).as("%s", story).isTrue();
    assertThat(builds - before).as("builds in the end of %s", story).isLessThanOrEqualTo(1);
    assertThat(jobs.size()).as("Jobs that are kept").isLessThanOrEqualTo(3);
  }

  private void look() {
    now = now.plusSeconds(5);
    goneAfterDeletion();
    var observed =
        new Observed(
            generation,
            spec,
            status,
            Requests.NONE,
            target(spec),
            List.copyOf(jobs.values()),
            List.of(),
            !strays.isEmpty(),
            operatorsTime());
    var decision = Decide.decide(observed, SETTINGS);
    story.add(decision.getClass().getSimpleName());
    // As the reconciler does it: first the status, and then what it says.
    if (survives()) {
      status = Report.status(image(spec, generation), observed, decision, Chore.Nothing.EVER);
      act(observed, decision);
    }
    check();
  }

  private Instant operatorsTime() {
    return skewed ? now.plus(SKEWS.get(random.nextInt(SKEWS.size()))) : now;
  }

  private void check() {
    var active = jobs.values().stream().filter(Attempt::active).count();
    assertThat(active + strays.size()).as("builders at once in %s", story).isLessThanOrEqualTo(1);
    if (ready() && target(spec) instanceof Target.Buildable buildable) {
      assertThat(tagged).as("tags while Ready in %s", story).isEqualTo(buildable.publicationHash());
    }
  }

  private boolean ready() {
    return status.effectiveConditions().stream()
        .filter(condition -> condition.type().equals(Condition.READY))
        .filter(condition -> Long.valueOf(generation).equals(condition.observedGeneration()))
        .anyMatch(condition -> condition.status().equals("True"));
  }

  /** Does what the operator's actions do, unless it dies before. */
  private void act(Observed observed, Decision decision) {
    if (!survives()) {
      return;
    }
    switch (decision) {
      case Decision.Start start -> start(start.number());
      case Decision.Cancel cancel ->
          cancel.attempts().stream()
              .filter(attempt -> attempt.active() && !attempt.deleting() && survives())
              .forEach(attempt -> put(Examples.deleting(attempt)));
      case Decision.Expire expire -> put(Examples.in(expire.attempt(), expire.failure()));
      case Decision.Published published -> prune(observed);
      case Decision.RetryLater later -> prune(observed);
      case Decision.Stalled stalled -> prune(observed);
      case Decision.Queued queued -> {}
      case Decision.Wait wait -> {}
      case Decision.Suspended suspended -> {}
    }
  }

  private void start(int number) {
    builds++;
    var job = Examples.attempt(spec, generation, number, Examples.pending());
    assertThat(jobs).as("Job names in %s", story).doesNotContainKey(job.job());
    put(Examples.createdAt(job, now));
  }

  private void prune(Observed observed) {
    Actions.outdated(observed, KEPT_JOBS).forEach(attempt -> jobs.remove(attempt.job()));
  }

  private boolean survives() {
    if (crashes > 0 && random.nextInt(4) == 0) {
      crashes--;
      story.add("crash");
      return false;
    }
    return true;
  }

  private void put(Attempt attempt) {
    jobs.put(attempt.job(), attempt);
  }

  private void builderGoesOn() {
    now = now.plusSeconds(random.nextInt(120));
    jobs.values().stream().filter(Attempt::active).findFirst().ifPresent(this::goesOn);
  }

  private void goesOn(Attempt job) {
    switch (random.nextInt(7)) {
      case 0, 1 -> put(Examples.in(job, Examples.running()));
      case 2 -> {
        story.add("tags moved by " + job.job());
        tagged = job.publicationHash();
        put(Examples.in(job, Examples.running()));
      }
      case 3 -> put(succeeded(job));
      case 4 -> put(Examples.in(job, new Attempt.Failed(Reason.REGISTRY_UNAVAILABLE, "503", now)));
      case 5 -> put(Examples.in(job, new Attempt.Failed(Reason.CREDENTIALS_REFUSED, "401", now)));
      default -> put(Examples.in(job, new Attempt.Failed(Reason.DIGEST_MISMATCH, "other", now)));
    }
  }

  private Attempt succeeded(Attempt job) {
    story.add("success of " + job.job());
    tagged = job.publicationHash();
    var spec =
        Stream.of(A, B, LAST)
            .filter(s -> buildable(s).publicationHash().equals(tagged))
            .findFirst()
            .orElseThrow();
    return Examples.in(job, Examples.succeeded(spec));
  }

  private void somebodyDeletesAJob() {
    var names = List.copyOf(jobs.keySet());
    if (!names.isEmpty()) {
      var name = names.get(random.nextInt(names.size()));
      story.add("somebody deletes " + name);
      var job = jobs.remove(name);
      if (job != null && job.active()) {
        strays.add(job.publicationHash());
      }
    }
  }

  /** Pods take a moment to go; what they do until then counts. */
  private void goneAfterDeletion() {
    jobs.values().stream()
        .filter(Attempt::deleting)
        .filter(Attempt::active)
        .forEach(job -> lastAct(job.publicationHash()));
    strays.forEach(this::lastAct);
    if (random.nextBoolean()) {
      jobs.values().removeIf(Attempt::deleting);
      strays.clear();
    }
  }

  private void lastAct(String publication) {
    if (random.nextInt(4) == 0) {
      story.add("tags moved by a dying pod");
      tagged = publication;
    }
  }
}
