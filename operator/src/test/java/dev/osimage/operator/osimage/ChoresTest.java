package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.B;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.published;
import static dev.osimage.operator.osimage.Examples.running;
import static dev.osimage.operator.osimage.Examples.succeeded;
import static dev.osimage.operator.osimage.Examples.suspended;
import static dev.osimage.operator.osimage.Examples.target;
import static dev.osimage.operator.osimage.Examples.with;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Part;
import dev.osimage.api.Reason;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.RegistryTask;
import dev.osimage.image.Wire;
import dev.osimage.operator.BuilderNetwork;
import dev.osimage.operator.Settings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChoresTest {

  private static final OsImageSpec REBUILDS = drift("Rebuild");
  private static final OsImageSpec REPORTS = drift("Report");
  private static final Instant LATER = NOW.plus(Duration.ofHours(7));

  @Test
  void withoutDriftNothingIsLookedAt() {
    assertThat(look(A, published(A, 1, 1), LATER).chore()).isEqualTo(Chore.Nothing.EVER);
  }

  @Test
  void itIsLookedAtAfterTheIntervalAndNotBefore() {
    var early = look(REBUILDS, published(REBUILDS, 1, 1), NOW);

    assertThat(early.chore()).isInstanceOf(Chore.Nothing.class);
    var due = ((Chore.Nothing) early.chore()).next().orElseThrow();
    assertThat(due).isBetween(NOW.plus(Duration.ofMinutes(359)), NOW.plus(Duration.ofMinutes(396)));
    assertThat(look(REBUILDS, published(REBUILDS, 1, 1), due).chore())
        .isInstanceOfSatisfying(
            Chore.Start.class,
            start -> {
              assertThat(start.kind()).isEqualTo(RegistryTask.Kind.CHECK);
              assertThat(start.artifacts().getFirst().tags())
                  .containsExactly("1592.1-amd64", "latest-amd64");
            });
  }

  @Test
  void aLookTriesTheRegistrysBootUrlsUnlessThereIsAGateway() {
    var before = published(REBUILDS, 1, 1);
    var urls = Objects.requireNonNull(before.parts()).stream().map(Part::url).toList();
    assertThat(urls).isNotEmpty();

    assertThat(tried(SETTINGS, before)).isEqualTo(urls);
    assertThat(tried(Examples.settings(BuilderNetwork.PLAIN, "http://boot.lan"), before)).isEmpty();
  }

  private static List<String> tried(Settings settings, OsImageStatus before) {
    var image = object(REBUILDS, before);
    var observed = observed(REBUILDS, before, LATER, List.of(), List.of());
    var decision = Decide.decide(observed, settings);
    var chore = Chores.decide(image, observed, decision, settings, new Claims(claim -> List.of()));
    return ((Chore.Start) chore).bootUrls();
  }

  @Test
  void aLookThatRunsIsWaitedForAndItsResultNotedOnce() {
    var before = published(REBUILDS, 1, 1);
    var waiting = look(REBUILDS, before, LATER, task(before, null));
    var noting = look(REBUILDS, before, LATER, task(before, Reason.SUCCEEDED));
    var after = look(REBUILDS, noting.status(), LATER, task(before, Reason.SUCCEEDED));

    assertThat(waiting.chore()).isInstanceOf(Chore.Wait.class);
    assertThat(noting.chore()).isInstanceOf(Chore.Note.class);
    assertThat(Objects.requireNonNull(noting.status().check()).reason()).isEqualTo("Succeeded");
    assertThat(after.chore()).isInstanceOf(Chore.Nothing.class);
    assertThat(after.status()).isEqualTo(noting.status());
  }

  @Test
  void aLostArtifactIsBuiltAgain() {
    var lost = lost(REBUILDS);
    var next = look(REBUILDS, lost, LATER);

    assertThat(next.decision()).isEqualTo(new Decision.Start(1));
    assertThat(ready(next.status()).status()).isEqualTo("Unknown");
  }

  @Test
  void aLostArtifactIsNoLongerReadyWhereNobodyWantsItToBeBuilt() {
    for (var spec : List.of(REPORTS, suspended(REBUILDS))) {
      var next = look(spec, lost(spec), LATER);

      assertThat(next.decision()).isInstanceOf(Decision.Stalled.class);
      assertThat(ready(next.status()).status()).isEqualTo("False");
      assertThat(ready(next.status()).reason()).isEqualTo("ArtifactLost");
    }
  }

  @Test
  void whatWasLostAndIsBuiltAgainIsReadyAndTheLossRemembered() {
    var lost = lost(REBUILDS);
    var image = object(REBUILDS, lost);
    var again = (Target.Buildable) Target.of(image, SETTINGS);
    var attempt =
        new Attempt(
            BuildJob.name(image, again, 1),
            again.identity(),
            again.publicationHash(),
            Requests.of(image),
            1,
            1,
            1,
            LATER.plusSeconds(60),
            false,
            false,
            true,
            null,
            new Attempt.Succeeded(
                Objects.requireNonNull(
                    newer(Examples.result(again.plan()), LATER.plusSeconds(90)))));

    var next = look(REBUILDS, lost, LATER.plusSeconds(100), List.of(attempt), List.of());

    assertThat(next.decision()).isEqualTo(new Decision.Published(Optional.of(attempt)));
    assertThat(ready(next.status()).status()).isEqualTo("True");
    assertThat(next.status().check()).isNull();
    assertThat(next.status().effectiveLosses()).hasSize(1);
    // And then nothing more.
    var quiet = look(REBUILDS, next.status(), LATER.plusSeconds(110), List.of(attempt), List.of());
    assertThat(quiet.status()).isEqualTo(next.status());
    assertThat(quiet.decision()).isEqualTo(new Decision.Published(Optional.of(attempt)));
  }

  @Test
  void whatIsLostAgainAndAgainIsNotBuiltForEver() {
    var draft = new StatusDraft(lost(REBUILDS));
    draft.losses =
        List.of(
            LATER.minusSeconds(60).toString(),
            LATER.minusSeconds(3600).toString(),
            LATER.minusSeconds(7200).toString());

    var next = look(REBUILDS, draft.status(), LATER);

    assertThat(next.decision())
        .isInstanceOfSatisfying(
            Decision.Stalled.class,
            stalled -> {
              assertThat(stalled.message()).contains("3 times within 24 hours");
              assertThat(stalled.next()).isPresent();
            });
    assertThat(look(REBUILDS, draft.status(), LATER.plus(Duration.ofDays(2))).decision())
        .isInstanceOf(Decision.Start.class);
  }

  @Test
  void aRegistryThatHasFoundItAgainMakesItReady() {
    var lost = lost(REPORTS);
    var found = look(REPORTS, lost, LATER.plus(Duration.ofHours(7)));
    assertThat(found.chore()).isInstanceOf(Chore.Start.class);

    var start = (Chore.Start) found.chore();
    var task = task(lost, Reason.SUCCEEDED, start.token());
    var noted = look(REPORTS, lost, LATER.plus(Duration.ofHours(7)), task);
    var ready = look(REPORTS, noted.status(), LATER.plus(Duration.ofHours(7)), task);

    assertThat(ready(ready.status()).status()).isEqualTo("True");
  }

  @Test
  void aTagThatSomebodyMovedIsSaidAndNotFoughtFor() {
    var before = published(REBUILDS, 1, 1);
    var noted = look(REBUILDS, before, LATER, task(before, Reason.TAG_MOVED));
    var next = look(REBUILDS, noted.status(), LATER);

    assertThat(next.decision()).isEqualTo(new Decision.Published(Optional.empty()));
    assertThat(ready(next.status()).status()).isEqualTo("True");
    assertThat(condition(next.status(), Condition.TAG_MOVED).orElseThrow().message())
        .startsWith("what it found; to set it again: kubectl -n images annotate osimage debian ");
    assertThat(next.status()).isEqualTo(noted.status());
  }

  @Test
  void whatALookFoundOfAnOlderArtifactIsWorthNothing() {
    var older = published(REBUILDS, 1, 1);
    var newer = published(with(REBUILDS, "commandLine", "rw"), 1, 1);

    var next =
        look(with(REBUILDS, "commandLine", "rw"), newer, NOW, task(older, Reason.ARTIFACT_LOST));

    assertThat(next.chore()).isInstanceOf(Chore.Nothing.class);
    assertThat(next.status().check()).isNull();
  }

  @Test
  void aLookThatCouldNotLookTakesNothingBack() {
    var lost = lost(REPORTS);
    var noted = look(REPORTS, lost, LATER, task(lost, Reason.REGISTRY_UNAVAILABLE, "second"));
    var next = look(REPORTS, noted.status(), LATER);

    assertThat(noted.status().check()).isEqualTo(lost.check());
    assertThat(Objects.requireNonNull(noted.status().failedCheck()).reason())
        .isEqualTo("RegistryUnavailable");
    assertThat(ready(next.status()).reason()).isEqualTo("ArtifactLost");
  }

  @Test
  void aChangedSpecIsBuiltAlthoughWhatWasThereIsLost() {
    var lost = lost(REPORTS);
    var changed = with(REPORTS, "commandLine", "rw");

    assertThat(look(changed, lost, LATER).decision()).isEqualTo(new Decision.Start(1));
  }

  @Test
  void aRequestIsNotAnsweredBeforeALookCarriesIt() {
    var before = published(A, 1, 1);
    var image = object(A, before);
    image.getMetadata().setAnnotations(Map.of(OsImage.RECONCILE_REQUESTED_AT, "please"));
    var asking =
        new Observed(
            1, A, before, Requests.of(image), target(A), List.of(), List.of(), false, LATER);
    var published = new Decision.Published(Optional.empty());

    // Perhaps it is not its turn yet.
    assertThat(Report.status(image, asking, published, Chore.Nothing.EVER).lastHandledReconcileAt())
        .isNull();
    assertThat(Chores.decide(image, asking, published, SETTINGS, new Claims(claim -> List.of())))
        .isInstanceOfSatisfying(
            Chore.Start.class, start -> assertThat(start.look()).isEqualTo("please"));
  }

  @Test
  void whatHasJustBeenPublishedIsLookedAtOnceTheStatusNamesIt() {
    var older = published(REBUILDS, 1, 1);
    var spec = with(REBUILDS, "commandLine", "rw");

    var next = look(spec, older, LATER, List.of(attempt(spec, 2, 1, succeeded(spec))), List.of());

    assertThat(next.decision()).isInstanceOf(Decision.Published.class);
    assertThat(next.chore()).isEqualTo(new Chore.Nothing(Optional.of(LATER)));
  }

  @Test
  void whileABuildRunsNobodyLooks() {
    var next =
        look(B, published(REBUILDS, 1, 1), LATER, List.of(attempt(B, 1, 1, running())), List.of());

    assertThat(next.chore()).isEqualTo(Chore.Nothing.EVER);
  }

  private static OsImageStatus lost(OsImageSpec spec) {
    var before = published(spec, 1, 1);
    var status = look(spec, before, LATER, task(before, Reason.ARTIFACT_LOST)).status();
    assertThat(Objects.requireNonNull(status.check()).reason()).isEqualTo("ArtifactLost");
    return status;
  }

  record Look(Decision decision, Chore chore, OsImageStatus status) {}

  static Look look(OsImageSpec spec, OsImageStatus status, Instant now, Task... tasks) {
    return look(spec, status, now, List.of(), List.of(tasks));
  }

  static Look look(
      OsImageSpec spec,
      OsImageStatus status,
      Instant now,
      List<Attempt> attempts,
      List<Task> tasks) {
    var image = object(spec, status);
    var observed = observed(spec, status, now, attempts, tasks);
    var decision = Decide.decide(observed, SETTINGS);
    var chore = Chores.decide(image, observed, decision, SETTINGS, new Claims(claim -> List.of()));
    return new Look(decision, chore, Report.status(image, observed, decision, chore));
  }

  static Observed observed(
      OsImageSpec spec,
      OsImageStatus status,
      Instant now,
      List<Attempt> attempts,
      List<Task> tasks) {
    var image = object(spec, status);
    return new Observed(
        image.getMetadata().getGeneration(),
        spec,
        status,
        Requests.of(image),
        attempts.isEmpty() ? Target.of(image, SETTINGS) : target(spec),
        attempts,
        tasks,
        false,
        now);
  }

  static OsImage object(OsImageSpec spec, OsImageStatus status) {
    var image = image(spec, Objects.requireNonNull(status.observedGeneration()));
    image.setStatus(status);
    return image;
  }

  private static Task task(OsImageStatus about, @Nullable Reason reason) {
    return task(about, reason, "first");
  }

  private static Task task(OsImageStatus about, @Nullable Reason reason, String name) {
    return new Task(
        name,
        RegistryTask.Kind.CHECK,
        "look",
        List.of(Objects.requireNonNull(about.artifact()).reference()),
        about.artifact().builtAt(),
        null,
        LATER.minusSeconds(5),
        true,
        false,
        Optional.ofNullable(reason)
            .map(it ->
                new Task.End(
                    LATER, it, it == Reason.SUCCEEDED ? "" : "what it found", Optional.empty())));
  }

  private static BuilderLine.@Nullable Result newer(BuilderLine.Result result, Instant finished) {
    return new BuilderLine.Result(
        result.version(), result.digest(), result.parts(), finished.toString());
  }

  private static OsImageSpec drift(String onLost) {
    return withJson(A, "drift", "{\"interval\": \"6h\", \"onLost\": \"" + onLost + "\"}");
  }

  static OsImageSpec withJson(OsImageSpec spec, String field, String json) {
    var object = Wire.read(Wire.write(spec), ObjectNode.class);
    object.set(field, Wire.read(json.getBytes(StandardCharsets.UTF_8), ObjectNode.class));
    return Wire.read(Wire.write(object), OsImageSpec.class);
  }

  private static Condition ready(OsImageStatus status) {
    return condition(status, Condition.READY).orElseThrow();
  }

  private static Optional<Condition> condition(OsImageStatus status, String type) {
    return status.effectiveConditions().stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst();
  }
}
