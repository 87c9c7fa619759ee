package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageIndex;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.Fault;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferrersTest extends AgainstFaults {

  static Stream<List<Fault>> withApi() {
    return Stream.of(
        List.of(),
        List.of(Quirk.NO_SUBJECT_HEADER),
        List.of(Quirk.PAGES),
        List.of(Quirk.PAGES, Quirk.ABSOLUTE_LINK, Quirk.BEARER),
        List.of(Quirk.WRONG_ARTIFACT_TYPES),
        List.of(Quirk.LYING_FILTER),
        List.of(Quirk.UNFILTERED_REFERRERS),
        List.of(Quirk.NARROW_ACCEPT_406));
  }

  @ParameterizedTest
  @MethodSource("withApi")
  void whereThereIsAnApiNoTagIsWritten(List<Fault> faults) throws IOException {
    var registry = registry(faults.toArray(Fault[]::new));
    var subject = subject(registry);
    var referrers = referrers(registry, subject, 3);

    client(registry).writeReferrers(referrers);

    assertListed(registry, subject, referrers);
    assertThat(registry.tags()).containsExactly("subject");
  }

  static Stream<List<Fault>> withoutApi() {
    return Stream.of(
        List.of(Quirk.NO_REFERRERS),
        List.of(Quirk.NO_REFERRERS.of(400)),
        List.of(Quirk.NO_REFERRERS.of(405)),
        List.of(Quirk.NO_REFERRERS.of(501)),
        List.of(Quirk.NO_REFERRERS, Quirk.SUBJECT_WITHOUT_API),
        List.of(Quirk.HTML_REFERRERS),
        List.of(Quirk.HTML_REFERRERS, Quirk.SUBJECT_WITHOUT_API, Quirk.BASIC));
  }

  @ParameterizedTest
  @MethodSource("withoutApi")
  void whereThereIsNoneTheFallbackTagHasTypesAndAnnotations(List<Fault> faults) throws IOException {
    var registry = registry(faults.toArray(Fault[]::new));
    var subject = subject(registry);
    var referrers = referrers(registry, subject, 3);

    client(registry).writeReferrers(referrers);

    assertListed(registry, subject, referrers);
    assertThat(fallback(registry, subject).manifests())
        .extracting(Descriptor::artifactType, Descriptor::annotations)
        .contains(tuple("application/vnd.k0", Map.of("kind", "k0")));
    assertThat(registry.requests(Step.MANIFEST_PUT).stream().map(put -> put.path()))
        .as("all in one index")
        .filteredOn(path -> path.endsWith(tag(subject)))
        .hasSize(1);
  }

  @Test
  void whatIsInTheFallbackIndexAlreadyStaysThere() throws IOException {
    var registry = registry(Quirk.NO_REFERRERS);
    var subject = subject(registry);
    var mine = referrers(registry, subject, 2);
    var other = other(registry, subject);
    var index =
        new ImageIndex(
            MediaTypes.IMAGE_INDEX, null, List.of(other), null, Map.of("made.by", "somebody"));
    registry.addManifest(tag(subject), MediaTypes.IMAGE_INDEX, index.toBytes());
    var client = client(registry);

    client.writeReferrers(mine);
    int puts = registry.count(Step.MANIFEST_PUT);
    client.writeReferrers(mine);

    var now = fallback(registry, subject);
    assertThat(now.manifests()).hasSize(3).contains(other);
    assertThat(now.annotations()).containsEntry("made.by", "somebody");
    assertThat(registry.count(Step.MANIFEST_PUT)).as("nothing to add").isEqualTo(puts + 2);
  }

  /** The other one writes between our reading and our writing, which nobody can prevent. */
  @Test
  void aSecondWriterWhoOverwroteUsIsMergedWith() throws IOException {
    var registry = registry(Quirk.NO_REFERRERS);
    var subject = subject(registry);
    var mine = referrers(registry, subject, 2);
    var other = other(registry, subject);
    var index = new ImageIndex(List.of(other)).toBytes();
    registry.add(
        Rule.once(Step.MANIFEST_PUT)
            .after(2)
            .edits(answer -> {
              registry.addManifest(tag(subject), MediaTypes.IMAGE_INDEX, index);
              return answer;
            }));

    client(registry).writeReferrers(mine);

    assertThat(fallback(registry, subject).manifests())
        .extracting(Descriptor::digest)
        .containsExactlyInAnyOrder(
            mine.getFirst().digest(), mine.getLast().digest(), other.digest());
  }

  @Test
  void aFallbackIndexThatNeverKeepsWhatIsWrittenIsAnError() throws IOException {
    var registry = registry(Quirk.NO_REFERRERS);
    var subject = subject(registry);
    var empty = new ImageIndex(List.of()).toBytes();
    registry.add(
        Rule.always(Step.MANIFEST_PUT)
            .edits(answer -> {
              registry.addManifest(tag(subject), MediaTypes.IMAGE_INDEX, empty);
              return answer;
            }));

    assertThatThrownBy(() -> client(registry).writeReferrers(referrers(registry, subject, 1)))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageContaining("an index without them");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void eightThatAttachAtTheSameTimeLoseNothing(boolean api) throws Exception {
    var registry = api ? registry() : registry(Quirk.NO_REFERRERS, Quirk.BEARER);
    var subject = subject(registry);
    var referrers = referrers(registry, subject, 8);
    var attached =
        referrers.stream()
            .map(referrer ->
                CompletableFuture.runAsync(
                    // A client for each, as in as many builds of one process.
                    () -> client(registry).writeManifest(referrer),
                    task -> Thread.ofVirtual().start(task)))
            .toList();

    for (var each : attached) {
      each.get();
    }

    assertListed(registry, subject, referrers);
    assertThat(registry.requests(Step.MANIFEST_PUT))
        .as("one wrote after the other: nobody had to write again")
        .filteredOn(put -> put.path().endsWith(tag(subject)))
        .hasSize(api ? 0 : 8);
  }

  @Test
  void listedTypesAreNotTrustedAndWhatRefersToAnotherImageIsLeftOut() throws IOException {
    var registry = registry(Quirk.NO_REFERRERS);
    var subject = subject(registry);
    var mine = stored(registry, Operation.referrer(registry, subject, "sbom"));
    var stranger =
        stored(
            registry,
            Operation.referrer(registry, Operation.image(registry, "another"), "signature"));
    var image = stored(registry, Operation.image(registry, "no referrer at all"));
    var broken = new Manifest(MediaTypes.IMAGE_MANIFEST, new byte[] {'{', '}'});
    var text = new Manifest(MediaTypes.IMAGE_MANIFEST, new byte[] {'x'});
    stored(registry, broken);
    stored(registry, text);
    var gone = Descriptor.of(MediaTypes.IMAGE_MANIFEST, new byte[] {7});
    var entries =
        Stream.of(mine, stranger, image, broken, text)
            .map(Manifest::descriptor)
            .map(ReferrersTest::disguised)
            .toList();
    var all = new ArrayList<>(entries);
    all.add(gone);
    all.add(entries.getFirst());
    registry.addManifest(tag(subject), MediaTypes.IMAGE_INDEX, new ImageIndex(all).toBytes());

    assertThat(client(registry).referrers(subject.digest()))
        .singleElement()
        .satisfies(found -> {
          assertThat(found.digest()).isEqualTo(mine.digest());
          assertThat(found.artifactType()).isEqualTo("application/vnd.sbom");
          assertThat(found.annotations()).isEqualTo(Map.of("kind", "sbom"));
          assertThat(found.size()).isEqualTo(mine.bytes().length);
        });
  }

  @Test
  void anIndexCanReferToo() throws IOException {
    var registry = registry(Quirk.NO_REFERRERS);
    var subject = subject(registry);
    var index =
        Manifest.of(
            new ImageIndex(
                MediaTypes.IMAGE_INDEX,
                "application/vnd.list",
                List.of(),
                subject.descriptor(),
                Map.of("a", "b")));

    client(registry).writeManifest(index);

    assertThat(client(registry).referrers(subject.digest()))
        .singleElement()
        .satisfies(found -> assertThat(found.artifactType()).isEqualTo("application/vnd.list"));
  }

  @Test
  void aTagThatIsNoIndexIsNotOverwritten() throws IOException {
    var registry = registry(Quirk.NO_REFERRERS);
    var subject = subject(registry);
    var image = Operation.image(registry, "somebody's");
    registry.addManifest(tag(subject), image.mediaType(), image.bytes());

    assertThatThrownBy(() -> client(registry).writeReferrers(referrers(registry, subject, 1)))
        .hasMessageContaining("something that is not an index: somebody uses the tag otherwise");

    assertThat(registry.manifest(tag(subject))).hasValue(image.bytes());
  }

  @Test
  void aListWithoutEndIsAnErrorAndNotHalfAList() throws IOException {
    var registry = registry(Quirk.PAGES, Quirk.LINK_LOOP);
    var subject = subject(registry);
    referrers(registry, subject, 2).forEach(referrer -> stored(registry, referrer));

    assertThatThrownBy(() -> client(registry).referrers(subject.digest()))
        .hasMessageEndingWith("it answered with a list of more than 100 pages");
  }

  @Test
  void aListThatIsTooLongOrBrokenIsAnError() throws IOException {
    var subject = Digest.of(new byte[] {1});
    var answers =
        Map.of(
            Answer.of(200, new byte[(8 << 20) + 1]), "a list of more than 8 MiB",
            Answer.of(200, new byte[] {'['}), "a list that can't be read",
            Answer.error(403, "DENIED", "no"), "HTTP 403");
    for (var answer : answers.entrySet()) {
      var registry =
          registry(
              Rule.always(Step.REFERRERS)
                  .answers(answer.getKey().header("Content-Type", MediaTypes.IMAGE_INDEX)));

      assertThatThrownBy(() -> client(registry).referrers(subject))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining(answer.getValue());
    }
  }

  @Test
  void anImageWithoutReferrersHasNone() throws IOException {
    for (var fault : List.<Fault>of(Quirk.NO_REFERRERS, Quirk.RELATIVE_LOCATION)) {
      var registry = registry(fault);

      assertThat(client(registry).referrers(Digest.of(new byte[] {1}))).isEmpty();
    }
  }

  @Test
  void manifestsOfSeveralSubjectsAreNotWrittenTogether() throws IOException {
    var registry = registry();
    var one = Operation.referrer(registry, Operation.image(registry, "1"), "a");
    var two = Operation.referrer(registry, Operation.image(registry, "2"), "a");

    assertThatThrownBy(() -> client(registry).writeReferrers(List.of(one, two)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> client(registry).writeReferrers(List.of(Operation.image(registry, "1"))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(registry.requests()).isEmpty();
  }

  private static Descriptor disguised(Descriptor entry) {
    return new Descriptor(
        entry.mediaType(), entry.digest(), entry.size(), Map.of(), null, MediaTypes.EMPTY);
  }

  private static void assertListed(
      FaultRegistry registry, Manifest subject, List<Manifest> referrers) throws IOException {
    try (var http = new HttpTransport(HttpSettings.of(Map.of()))) {
      var reader = new RegistryClient(http, registry.repository(), settings(registry, LOGIN));
      assertThat(reader.referrers(subject.digest()))
          .extracting(Descriptor::digest, Descriptor::artifactType, Descriptor::annotations)
          .containsExactlyInAnyOrderElementsOf(
              referrers.stream()
                  .map(manifest ->
                      ImageManifest.parse(manifest.bytes()).annotations().get("kind")
                          + " "
                          + manifest.digest())
                  .map(text -> text.split(" ", 2))
                  .map(parts ->
                      tuple(
                          Digest.parse(parts[1]),
                          "application/vnd." + parts[0],
                          Map.of("kind", parts[0])))
                  .toList());
    }
  }

  private static Manifest subject(FaultRegistry registry) {
    var subject = Operation.image(registry, "subject");
    registry.addManifest("subject", subject.mediaType(), subject.bytes());
    return subject;
  }

  private static List<Manifest> referrers(FaultRegistry registry, Manifest subject, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Operation.referrer(registry, subject, "k" + i))
        .toList();
  }

  private static Descriptor other(FaultRegistry registry, Manifest subject) {
    return stored(registry, Operation.referrer(registry, subject, "other")).descriptor();
  }

  private static Manifest stored(FaultRegistry registry, Manifest manifest) {
    registry.addManifest(manifest.digest().toString(), manifest.mediaType(), manifest.bytes());
    return manifest;
  }

  private static String tag(Manifest subject) {
    return "sha256-" + subject.digest().hex();
  }

  private static ImageIndex fallback(FaultRegistry registry, Manifest subject) {
    return ImageIndex.parse(registry.manifest(tag(subject)).orElseThrow());
  }
}
