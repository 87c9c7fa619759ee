package dev.osimage.oci.faults;

import static dev.osimage.oci.faults.Probe.MANIFEST;
import static dev.osimage.oci.faults.Probe.NAME;
import static dev.osimage.oci.faults.Probe.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.Digest;
import dev.osimage.oci.MediaTypes;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What registries do to those who read: blobs, redirects, lists of tags and referrers. */
@Timeout(60)
class ContentQuirkTest {

  private static final String REFERRERS = NAME + "/referrers/" + Digest.of(bytes("x"));

  private FaultRegistry registry;
  private Probe probe;
  private String blob;

  @BeforeEach
  void start() throws IOException {
    registry = FaultRegistry.start();
    probe = new Probe(registry);
    blob = NAME + "/blobs/" + registry.addBlob(bytes("KERNEL"));
  }

  @AfterEach
  void stop() throws IOException {
    probe.close();
    registry.close();
  }

  @Test
  void nothingIsDeleted() throws IOException {
    registry.add(Quirk.NO_DELETE);
    registry.addManifest("1", MediaTypes.IMAGE_MANIFEST, bytes("{}"));

    assertThat(probe.delete(blob).status()).isEqualTo(405);
    assertThat(probe.delete(NAME + "/manifests/1").status()).isEqualTo(405);
    assertThat(registry.manifest("1")).isPresent();
    assertThat(probe.delete(probe.open()).status()).isEqualTo(204);
  }

  @Test
  void aRangeIsIgnoredOrAnsweredWithALie() throws IOException {
    registry.add(Quirk.LYING_CONTENT_RANGE.of(2));
    var part = probe.get(blob, "Range: bytes=1-2");
    assertThat(part.status()).isEqualTo(206);
    assertThat(part.text()).isEqualTo("ER");
    assertThat(part.header("Content-Range")).isEqualTo("bytes 3-4/6");

    registry.add(Quirk.NO_BLOB_RANGES);
    var whole = probe.get(blob, "Range: bytes=1-2");
    assertThat(whole.status()).isEqualTo(200);
    assertThat(whole.text()).isEqualTo("KERNEL");
    assertThat(whole.header("Accept-Ranges")).isEmpty();
  }

  @Test
  void theTagOfTheEntityChanges() throws IOException {
    assertThat(probe.get(blob).header("ETag")).isEqualTo(probe.get(blob).header("ETag"));
    registry.add(Quirk.CHANGING_ETAG);
    assertThat(probe.get(blob).header("ETag")).isNotEqualTo(probe.get(blob).header("ETag"));
  }

  @Test
  void aBlobLiesOnAnotherHostThatWantsNoCredentials() throws IOException {
    registry.add(Quirk.BLOB_REDIRECT);
    var redirect = probe.get(blob, "Authorization: Basic eDp5");
    assertThat(redirect.status()).isEqualTo(307);
    assertThat(redirect.location()).startsWith("http://" + registry.storageHost() + "/storage/");

    assertThat(probe.get(redirect.location()).text()).isEqualTo("KERNEL");
    assertThat(probe.get(redirect.location(), "Range: bytes=5-").text()).isEqualTo("L");
    assertThat(probe.get(redirect.location(), "Authorization: Basic eDp5").status()).isEqualTo(400);
    assertThat(probe.get(redirect.location().replace("s1gned", "other")).status()).isEqualTo(403);
    assertThat(registry.authorizations(registry.storageHost())).hasSize(1);
    assertThat(registry.count(Step.STORAGE)).isEqualTo(4);
    registry.add(Quirk.BLOB_REDIRECT.of(302));
    assertThat(probe.head(blob).status()).isEqualTo(302);
  }

  @Test
  void aRedirectIsUnsafe() throws IOException {
    registry.add(Quirk.BLOB_REDIRECT, Quirk.STORAGE_PLAIN);
    var plain = probe.get(blob).location();
    assertThat(plain).startsWith("http://" + registry.plainHost());
    assertThat(probe.get(plain).text()).isEqualTo("KERNEL");

    registry.add(Quirk.STORAGE_ASKS_FOR_CREDENTIALS);
    var asked = probe.get(plain);
    assertThat(asked.status()).isEqualTo(401);
    assertThat(asked.response().headers().allValues("WWW-Authenticate"))
        .hasSize(2)
        .anyMatch(line -> line.contains("http://" + registry.plainHost() + "/token"));

    registry.add(Quirk.BLOB_REDIRECT_PRIVATE);
    assertThat(probe.get(blob).location()).startsWith("http://169.254.169.254/latest/");
    registry.add(Quirk.BLOB_REDIRECT_LOOP);
    assertThat(probe.get(blob).location()).isEqualTo(registry.url() + blob);
  }

  @Test
  void aNarrowAcceptIsRefusedExceptForManifests() throws IOException {
    registry.add(Quirk.NARROW_ACCEPT_406);

    assertThat(probe.get(blob, "Accept: application/json").status()).isEqualTo(406);
    assertThat(probe.get(blob, "Accept: application/json, */*").status()).isEqualTo(200);
    assertThat(probe.get(blob).status()).isEqualTo(200);
    assertThat(probe.get(NAME + "/manifests/1", Probe.ACCEPT).status()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 400, 405})
  void thereAreNoReferrers(int status) throws IOException {
    registry.add(Quirk.NO_REFERRERS.of(status));
    var reply = probe.get(REFERRERS);
    assertThat(reply.status()).isEqualTo(status);
    assertThat(reply.header("Content-Type")).isEqualTo("text/plain");

    assertThat(refer("a").header("OCI-Subject")).isEmpty();
    registry.add(Quirk.SUBJECT_WITHOUT_API);
    assertThat(refer("a").header("OCI-Subject")).isNotEmpty();
  }

  @Test
  void referrersAreAPageOfAProxy() throws IOException {
    registry.add(Quirk.HTML_REFERRERS);

    assertThat(probe.get(REFERRERS).status()).isEqualTo(200);
    assertThat(probe.get(REFERRERS).header("Content-Type")).isEqualTo("text/html");
  }

  @Test
  void referrersAreThereThoughNothingSaysSo() throws IOException {
    registry.add(Quirk.NO_SUBJECT_HEADER);

    assertThat(refer("a").header("OCI-Subject")).isEmpty();
    assertThat(probe.get(REFERRERS).text()).contains("\"artifactType\":\"a\"");
  }

  @Test
  void referrersComeInPagesAndTheFilterStays() throws IOException {
    registry.add(Quirk.PAGES);
    refer("a");
    refer("b");
    refer("a\",\"annotations\":{\"n\":\"2\"},\"x\":\"");

    var first = probe.get(REFERRERS + "?artifactType=a");
    assertThat(first.header("Link")).startsWith("</v2/").endsWith("&artifactType=a>; rel=\"next\"");
    var second = probe.get(next(first));
    assertThat(second.header("Link")).isEmpty();
    assertThat(first.text() + second.text()).doesNotContain("\"artifactType\":\"b\"");
    assertThat(second.text()).isNotEqualTo(first.text()).contains("\"artifactType\":\"a\"");
  }

  @Test
  void theNextPageIsSomewhereElse() throws IOException {
    registry.add(Quirk.PAGES);
    refer("a");
    refer("b");

    registry.add(Quirk.ABSOLUTE_LINK);
    assertThat(next(probe.get(REFERRERS))).startsWith(registry.url() + REFERRERS);
    registry.add(Quirk.LINK_ELSEWHERE);
    assertThat(next(probe.get(REFERRERS))).startsWith("http://" + registry.storageHost());
    registry.add(Quirk.LINK_LOOP);
    assertThat(next(probe.get(REFERRERS))).isEqualTo(REFERRERS);
  }

  @Test
  void theFilterOfReferrersIsNotApplied() throws IOException {
    refer("a");
    refer("b");
    registry.add(Quirk.UNFILTERED_REFERRERS);
    var honest = probe.get(REFERRERS + "?artifactType=a");
    assertThat(honest.text()).contains("\"artifactType\":\"b\"");
    assertThat(honest.header("OCI-Filters-Applied")).isEmpty();

    registry.recover();
    registry.add(Quirk.LYING_FILTER);
    var lying = probe.get(REFERRERS + "?artifactType=a");
    assertThat(lying.text()).contains("\"artifactType\":\"b\"");
    assertThat(lying.header("OCI-Filters-Applied")).isEqualTo("artifactType");
  }

  @Test
  void theTypesOfReferrersAreWrong() throws IOException {
    registry.add(Quirk.WRONG_ARTIFACT_TYPES);
    refer("a");

    assertThat(probe.get(REFERRERS).text())
        .contains("\"artifactType\":\"" + MediaTypes.EMPTY + "\"")
        .doesNotContain("annotations", "\"a\"");
  }

  private static String next(Probe.Reply page) {
    return page.header("Link").replaceAll("<(.*)>; rel=\"next\"", "$1");
  }

  /** Pushes something of this type about a subject that is not there. */
  private Probe.Reply refer(String type) throws IOException {
    var manifest =
        "{\"subject\":{\"digest\":\"%s\"},\"artifactType\":\"%s\"}"
            .formatted(Digest.of(bytes("x")), type);
    var reply = probe.put(NAME + "/manifests/" + Digest.of(bytes(manifest)), manifest, MANIFEST);
    assertThat(reply.status()).isEqualTo(201);
    return reply;
  }
}
