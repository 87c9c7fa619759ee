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
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.pending;
import static dev.osimage.operator.osimage.Examples.podAlive;
import static dev.osimage.operator.osimage.Examples.published;
import static dev.osimage.operator.osimage.Examples.report;
import static dev.osimage.operator.osimage.Examples.running;
import static dev.osimage.operator.osimage.Examples.succeeded;
import static dev.osimage.operator.osimage.Examples.suspended;
import static dev.osimage.operator.osimage.Examples.target;
import static dev.osimage.operator.osimage.Examples.with;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Artifact;
import dev.osimage.api.Boot;
import dev.osimage.api.Build;
import dev.osimage.api.Condition;
import dev.osimage.api.Failure;
import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Part;
import dev.osimage.api.Reason;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.PartName;
import dev.osimage.oci.Digest;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the status says: the contract with provisioners, kubectl wait, Helm and Argo CD. */
class ReportTest {

  private static final OsImageStatus NOTHING = OsImageStatus.empty();
  private static final Instant LONG_AGO = Instant.parse("1970-01-01T00:00:00Z");
  private static final Attempt.State GAVE_UP =
      new Attempt.Failed(Reason.DIGEST_MISMATCH, "kernel: expected …", NOW);

  private static List<String> conditions(OsImageStatus status) {
    return status.effectiveConditions().stream()
        .map(condition -> condition.type() + "=" + condition.status() + " " + condition.reason())
        .toList();
  }

  private static Condition ready(OsImageStatus status) {
    return status.effectiveConditions().stream()
        .filter(condition -> condition.type().equals(Condition.READY))
        .findFirst()
        .orElseThrow();
  }

  static Stream<Arguments> situations() {
    var waitsForRetry = new Attempt.Failed(Reason.SOURCE_UNAVAILABLE, "HTTP 503", NOW);
    var late = createdAt(attempt(A, 2, 1, pending()), LONG_AGO);
    return Stream.of(
        situation("a build starts", A, "Ready=Unknown Pending, Reconciling=True Pending"),
        situation(
            "a build waits for its pod",
            A,
            "Ready=Unknown Pending, Reconciling=True Pending",
            attempt(A, 2, 1, pending())),
        situation(
            "a build runs",
            A,
            "Ready=Unknown Building, Reconciling=True Building",
            attempt(A, 2, 1, running())),
        situation(
            "a build never ran", A, "Ready=False PendingTimeout, Reconciling=True Retrying", late),
        situation(
            "another build is ended",
            A,
            "Ready=Unknown Cancelling, Reconciling=True Cancelling",
            attempt(B, 1, 1, running())),
        situation(
            "a build failed for now",
            A,
            "Ready=False SourceUnavailable, Reconciling=True Retrying",
            attempt(A, 2, 1, waitsForRetry)),
        situation(
            "a build failed for good",
            A,
            "Ready=False DigestMismatch, Stalled=True DigestMismatch",
            attempt(A, 2, 1, GAVE_UP)),
        situation(
            "the spec can't be built",
            UNBUILDABLE,
            "Ready=False InvalidSpec, Stalled=True InvalidSpec"),
        situation("suspended before it was built", suspended(A), "Ready=Unknown Suspended"),
        situation("published", A, "Ready=True Succeeded", attempt(A, 2, 1, succeeded(A))),
        situation(
            "published and suspended",
            suspended(A),
            "Ready=True Succeeded",
            attempt(A, 1, 1, succeeded(A))));
  }

  private static Arguments situation(
      String name, OsImageSpec spec, String conditions, Attempt... attempts) {
    return Arguments.of(Named.of(name, spec), conditions, List.of(attempts));
  }

  @ParameterizedTest
  @MethodSource("situations")
  void conditionsSayWhatKstatusWaitsFor(OsImageSpec spec, String expected, List<Attempt> attempts) {
    var status = report(spec, 2, NOTHING, attempts.toArray(Attempt[]::new));

    assertThat(conditions(status)).containsExactly(expected.split(", ", -1));
    assertThat(status.observedGeneration()).isEqualTo(2);
    assertThat(status.effectiveConditions())
        .allSatisfy(condition -> {
          assertThat(condition.observedGeneration()).isEqualTo(2);
          assertThat(condition.message()).isNotBlank();
        });
  }

  @ParameterizedTest
  @MethodSource("situations")
  void lookingAgainAtTheSameThingsChangesNothing(
      OsImageSpec spec, String expected, List<Attempt> attempts) {
    var array = attempts.toArray(Attempt[]::new);
    var once = report(spec, 2, NOTHING, array);
    // A started attempt shows up as one that waits; everything else stays as it is.
    var again = attempts.isEmpty() && target(spec) instanceof Target.Buildable;

    assertThat(report(spec, 2, once, array))
        .satisfies(status -> assertThat(conditions(status)).isEqualTo(conditions(once)))
        .satisfies(status -> assertThat(again || status.equals(once)).isTrue());
  }

  @ParameterizedTest
  @MethodSource("situations")
  void aWipedStatusComesBackAsItWas(OsImageSpec spec, String expected, List<Attempt> attempts) {
    var array = attempts.toArray(Attempt[]::new);
    var before = report(spec, 2, NOTHING, array);

    assertThat(report(spec, 2, Examples.seen(-1), array)).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("situations")
  void theLastGoodResultOutlivesEverythingThatComesAfterIt(
      OsImageSpec spec, String expected, List<Attempt> attempts) {
    var good = published(with(A, "commandLine", "earlier"), 1, 7);
    var status = report(spec, 2, good, attempts.toArray(Attempt[]::new));

    if (expected.startsWith("Ready=True")) {
      assertThat(status.artifact()).isNotEqualTo(good.artifact());
    } else {
      assertThat(status.artifact()).isEqualTo(good.artifact());
      assertThat(status.parts()).isEqualTo(good.parts());
      assertThat(status.boot()).isEqualTo(good.boot());
      assertThat(status.observedGeneration()).isEqualTo(2);
    }
  }

  @Test
  void thePublishedArtifactIsDescribedInFull() {
    var status = published(A, 3, 2);
    var target = buildable(A);
    var result = Examples.result(target.plan());

    assertThat(status.artifact())
        .isEqualTo(
            new Artifact(
                "registry.example.com/os/debian@" + result.digest(),
                result.digest().toString(),
                300,
                List.of("1592.1-amd64", "latest-amd64"),
                3,
                result.finishedAt(),
                target.plan().inputsHash(),
                target.publicationHash(),
                null,
                result.finishedAt()));
    assertThat(status.build())
        .isEqualTo(
            new Build(
                "debian-" + target.identity() + "-2", 2, 3, target.publicationHash(), null, null));
    assertThat(ready(status).message()).contains("registry.example.com/os/debian@sha256:");
  }

  @Test
  void bootUrlsNameTheDigestsOfThePartsInTheRegistry() {
    var blobs = "https://registry.example.com/v2/os/debian/blobs/";
    var kernel = blobs + "sha256:" + "1".repeat(64);
    var initramfs = blobs + "sha256:" + "2".repeat(64);
    var status = published(A, 3, 1);
    var parts = requireNonNull(status.parts());

    assertThat(parts).extracting(Part::name).containsExactly("rootfs", "initramfs", "kernel");
    assertThat(parts).extracting(Part::size).containsOnly(100L);
    var rootfs = parts.getFirst().url();
    assertThat(status.boot())
        .isEqualTo(
            new Boot(3, kernel, initramfs, rootfs, null, null, null, "ro console=ttyS0", null));
  }

  @Test
  void squashfsAndUkiAndIsoHaveBootUrls() {
    var files =
        """
        {"squashfs": {"inline": "s"}, "uki": {"inline": "u"}, "iso": {"inline": "i"}}
        """;
    var status = published(with(A, "files", Examples.json(files)), 1, 1);
    var parts = requireNonNull(status.parts());

    assertThat(parts).extracting(Part::name).containsExactly("squashfs", "uki", "iso");
    assertThat(requireNonNull(status.boot()).squashfsURL()).isEqualTo(parts.get(0).url());
    assertThat(requireNonNull(status.boot()).ukiURL()).isEqualTo(parts.get(1).url());
    assertThat(requireNonNull(status.boot()).isoURL()).isEqualTo(parts.get(2).url());
    assertThat(requireNonNull(status.boot()).kernelURL()).isNull();
  }

  @Test
  void aDigestThatOnlyTheBuilderKnewIsReportedAndStays() {
    var files =
        """
        {"kernel": {"path": "boot/vmlinuz", "http": %1$s},
         "rootfs": {"path": "disk.raw.xz", "http": %1$s},
         "iso": {"inline": "i"}}
        """
            .formatted(
                "{\"url\": \"https://files.example.com/os.tar\", \"digest\": \"sha256:%s\"}"
                    .formatted("3".repeat(64)));
    var spec = with(A, "files", Examples.json(files));
    var status = published(spec, 1, 1);
    var later = report(with(spec, "timeout", "30m"), 2, status);

    assertThat(buildable(spec).plan().parts())
        .as("two of them are not in the plan")
        .filteredOn(part -> part.digest() == null)
        .hasSize(2);
    assertThat(requireNonNull(status.parts()))
        .extracting(Part::digest)
        .containsExactly(
            Examples.found(PartName.ROOTFS).toString(),
            Examples.found(PartName.KERNEL).toString(),
            Digest.of(new byte[] {'i'}).toString());
    assertThat(requireNonNull(status.boot()).kernelURL())
        .endsWith("/blobs/" + Examples.found(PartName.KERNEL));
    assertThat(later.parts()).isEqualTo(status.parts());
    assertThat(later.boot()).isEqualTo(status.boot());
  }

  @Test
  void turningTlsOffChangesTheUrlsAndNotTheArtifact() {
    var before = published(A, 1, 1);
    var after = report(with(A, "destination/plainHTTP", true), 2, before);

    assertThat(after.artifact()).isEqualTo(before.artifact());
    assertThat(requireNonNull(after.boot()).kernelURL())
        .startsWith("http://registry.example.com/v2/os/debian/blobs/sha256:");
  }

  @Test
  void theArtifactKeepsTheGenerationItWasBuiltFromWhileTheConditionsMoveOn() {
    var done = attempt(A, 1, 1, succeeded(A));
    var status = report(with(A, "timeout", "30m"), 2, published(A, 1, 1), done);

    assertThat(status.observedGeneration()).isEqualTo(2);
    assertThat(ready(status).observedGeneration()).isEqualTo(2);
    assertThat(requireNonNull(status.artifact()).generation()).isEqualTo(1);
    assertThat(requireNonNull(status.boot()).generation()).isEqualTo(1);
  }

  @Test
  void progressIsAColumnAndNoCondition() {
    var slow = new Attempt.Running(new BuilderLine.Progress(0, 3, 10, 1000L));
    var fast = new Attempt.Running(new BuilderLine.Progress(2, 3, 990, 1000L));
    var first = report(A, 1, NOTHING, attempt(A, 1, 1, slow));
    var second = report(A, 1, first, attempt(A, 1, 1, fast));

    assertThat(requireNonNull(first.build()).progress()).isEqualTo("1% of 1000 B");
    assertThat(requireNonNull(second.build()).progress()).isEqualTo("99% of 1000 B");
    assertThat(second.conditions()).as("each change is an event").isEqualTo(first.conditions());
  }

  static Stream<Arguments> endsOfABuild() {
    var gone = deleting(attempt(A, 1, 1, running()));
    return Stream.of(
        Arguments.of(Named.of("published", A), List.of(attempt(A, 1, 1, succeeded(A)))),
        Arguments.of(Named.of("failed", A), List.of(attempt(A, 1, 1, GAVE_UP))),
        Arguments.of(Named.of("suspended", suspended(A)), List.of(gone)),
        Arguments.of(Named.of("suspended, its Job gone", suspended(A)), List.of()),
        Arguments.of(Named.of("replaced", B), List.of(gone)),
        Arguments.of(Named.of("the spec became unbuildable", UNBUILDABLE), List.of(gone)),
        Arguments.of(Named.of("unbuildable, its Job gone", UNBUILDABLE), List.of()));
  }

  @ParameterizedTest
  @MethodSource("endsOfABuild")
  void progressEndsWithTheBuild(OsImageSpec spec, List<Attempt> attempts) {
    var running = report(A, 1, NOTHING, attempt(A, 1, 1, running()));
    var status = report(spec, 2, running, attempts.toArray(Attempt[]::new));

    assertThat(requireNonNull(running.build()).progress()).isNotNull();
    assertThat(requireNonNull(status.build()).progress()).isNull();
  }

  @Test
  void aBuilderThatWasGivenUpIsAFailureEvenWhileItsPodGoes() {
    var status = report(A, 1, NOTHING, podAlive(attempt(A, 1, 1, late())));

    assertThat(conditions(status))
        .containsExactly("Ready=False PendingTimeout", "Reconciling=True Retrying");
  }

  @Test
  void aPodThatDoesNotGoIsNotAnotherStatusAndAnotherEventEverySecond() {
    var givenUp = podAlive(attempt(A, 1, 1, late()));
    var first = report(A, 1, NOTHING, givenUp);
    var later = Examples.observedAt(NOW.plusSeconds(1), A, 1, first, givenUp);

    var decision = Decide.decide(later, SETTINGS);
    assertThat(Report.status(image(A, 1), later, decision, Chore.Nothing.EVER)).isEqualTo(first);
  }

  private static Attempt.State late() {
    return new Attempt.Failed(Reason.PENDING_TIMEOUT, "it did not run", LONG_AGO);
  }

  @Test
  void aTransitionTimeStaysWhileTheStatusOfTheConditionStays() {
    var since = "2026-01-01T00:00:00Z";
    var before =
        Examples.seen(
            1,
            new Condition(Condition.READY, "Unknown", 1L, since, "Pending", "waits"),
            new Condition(Condition.RECONCILING, "True", 1L, since, "Pending", "waits"));
    var building = report(A, 2, before, attempt(A, 2, 1, running()));
    var done = report(A, 2, building, attempt(A, 2, 1, succeeded(A)));

    assertThat(building.effectiveConditions())
        .extracting(Condition::lastTransitionTime)
        .containsOnly(since);
    assertThat(ready(done).lastTransitionTime()).isEqualTo(NOW.toString());
  }

  @Test
  void retryingSaysWhenItGoesOn() {
    var failed = attempt(A, 1, 1, new Attempt.Failed(Reason.SOURCE_UNAVAILABLE, "HTTP 503", NOW));
    var status = report(A, 1, NOTHING, failed);

    assertThat(ready(status).message())
        .isEqualTo("HTTP 503; next attempt at " + NOW.plus(SETTINGS.retryInitial()));
  }

  @Test
  void messagesHaveABound() {
    var failed = new Attempt.Failed(Reason.REGISTRY_REFUSED, "x".repeat(100_000), NOW);
    var status = report(A, 1, NOTHING, attempt(A, 1, 1, failed));

    assertThat(status.effectiveConditions())
        .allSatisfy(condition -> assertThat(condition.message()).hasSizeLessThan(2100));
  }

  @Test
  void theStatusNamesTheJobOfTheNewestAttemptAndHowTheLastOneFailed() {
    var status = report(A, 5, NOTHING, attempt(A, 5, 1, failedLongAgo()));
    var target = buildable(A);

    assertThat(status.build())
        .isEqualTo(
            new Build(
                BuildJob.name(image(A, 5), target, 2),
                2,
                5,
                target.publicationHash(),
                null,
                new Failure(1, "BuilderLost", "", null, null, true, null)));
  }

  @Test
  void theFailureOfAnotherSpecIsNotThatOfThisOne() {
    var other = attempt(A, 1, 1, new Attempt.Failed(Reason.DIGEST_MISMATCH, "of A", NOW));
    var status = report(B, 2, report(A, 1, NOTHING, other), other);

    assertThat(requireNonNull(status.build()).failure()).isNull();
    assertThat(Report.isSettled(status, 2)).isFalse();
  }

  private static Attempt.State failedLongAgo() {
    return new Attempt.Failed(Reason.BUILDER_LOST, "", LONG_AGO);
  }
}
