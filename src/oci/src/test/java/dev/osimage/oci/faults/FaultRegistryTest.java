package dev.osimage.oci.faults;

import static dev.osimage.oci.faults.Probe.ACCEPT;
import static dev.osimage.oci.faults.Probe.MANIFEST;
import static dev.osimage.oci.faults.Probe.NAME;
import static dev.osimage.oci.faults.Probe.OCTETS;
import static dev.osimage.oci.faults.Probe.bytes;
import static dev.osimage.oci.faults.Probe.closing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Digest;
import dev.osimage.oci.MediaTypes;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Without faults it is a registry by the distribution-spec 1.1. */
@Timeout(60)
class FaultRegistryTest {

  private static final String UPLOADS = NAME + "/blobs/uploads/";
  private static final Digest KERNEL = Digest.of(bytes("KERNEL"));

  private FaultRegistry registry;
  private Probe probe;

  @BeforeEach
  void start() throws IOException {
    registry = FaultRegistry.start();
    probe = new Probe(registry);
  }

  @AfterEach
  void stop() throws IOException {
    probe.close();
    registry.close();
  }

  @Test
  void theRootSaysThatItIsARegistry() throws IOException {
    assertThat(probe.get("/v2/").status()).isEqualTo(200);
    assertThat(probe.get("/v3/").status()).isEqualTo(404);
  }

  @Test
  void aBlobIsPushedWithOnePatch() throws IOException {
    var opened = probe.post(UPLOADS, "");
    assertThat(opened.status()).isEqualTo(202);
    assertThat(opened.header("Location")).startsWith(registry.url() + UPLOADS);

    var patched = probe.patch(opened.location(), "KERNEL", OCTETS);
    assertThat(patched.status()).isEqualTo(202);
    assertThat(patched.header("Range")).isEqualTo("0-5");
    assertThat(registry.openUploads()).isOne();

    var closed = probe.put(closing(patched.location(), "KERNEL"), "");
    assertThat(closed.status()).isEqualTo(201);
    assertThat(closed.location()).isEqualTo(registry.url() + NAME + "/blobs/" + KERNEL);
    assertThat(closed.header("Docker-Content-Digest")).isEqualTo(KERNEL.toString());
    assertThat(registry.blob(KERNEL)).hasValue(bytes("KERNEL"));
    assertThat(registry.openUploads()).isZero();
  }

  @Test
  void aBodyOfUnknownLengthIsPushedAsWell() throws IOException {
    var patched = probe.patchChunked(probe.open(), "KERNEL");

    assertThat(patched.header("Range")).isEqualTo("0-5");
    assertThat(probe.put(closing(patched.location(), "KERNEL"), "").status()).isEqualTo(201);
    assertThat(registry.requests(Step.UPLOAD_PATCH).getFirst().bytes()).isEqualTo(6);
  }

  @Test
  void aBlobIsPushedInThePut() throws IOException {
    assertThat(probe.put(closing(probe.open(), "KERNEL"), "KERNEL", OCTETS).status())
        .isEqualTo(201);
    assertThat(registry.blob(KERNEL)).isPresent();
  }

  @Test
  void aBlobIsPushedInThePost() throws IOException {
    assertThat(probe.post(closing(UPLOADS, "KERNEL"), "KERNEL", OCTETS).status()).isEqualTo(201);
    assertThat(registry.blob(KERNEL)).isPresent();
    assertThat(registry.openUploads()).isZero();
  }

  @Test
  void chunksAreTakenInOrderOnlyAndTheStatusTellsWhereToGoOn() throws IOException {
    var location = probe.open();
    var first = probe.patch(location, "KER", "Content-Range: 0-2");
    assertThat(first.status()).isEqualTo(202);
    assertThat(first.header("Range")).isEqualTo("0-2");

    assertThat(probe.patch(first.location(), "NEL", "Content-Range: 4-6").status()).isEqualTo(416);
    assertThat(probe.patch(first.location(), "NEL", "Content-Range: 0-2").status()).isEqualTo(416);
    assertThat(probe.patch(first.location(), "NEL", "Content-Range: 3-4").status()).isEqualTo(400);
    assertThat(probe.patch(first.location(), "NEL", "Content-Range: bytes 3-5").status())
        .isEqualTo(416);
    var status = probe.get(first.location());
    assertThat(status.status()).isEqualTo(204);
    assertThat(status.header("Range")).isEqualTo("0-2");
    assertThat(status.location()).isEqualTo(first.location());

    var last = closing(first.location(), "KERNEL");
    assertThat(probe.put(last, "NEL", "Content-Range: 3-5").status()).isEqualTo(201);
  }

  @Test
  void aWrongDigestEndsTheUpload() throws IOException {
    var patched = probe.patch(probe.open(), "KERNEL");

    var closed = probe.put(closing(patched.location(), "OTHER"), "");
    assertThat(closed.status()).isEqualTo(400);
    assertThat(closed.text()).contains("DIGEST_INVALID");
    assertThat(probe.get(patched.location()).status()).isEqualTo(404);
    assertThat(registry.blob(KERNEL)).isEmpty();
  }

  @Test
  void anUploadIsCancelled() throws IOException {
    var location = probe.open();

    assertThat(probe.delete(location.replace("os/debian", "os/other")).status()).isEqualTo(404);
    assertThat(probe.delete(location).status()).isEqualTo(204);
    assertThat(probe.patch(location, "KERNEL").status()).isEqualTo(404);
    assertThat(probe.delete(location).text()).contains("BLOB_UPLOAD_UNKNOWN");
  }

  @Test
  void aRequestThatBreaksOffLeavesWhatCameOfIt() throws IOException {
    var location = probe.open();

    var path = location.substring(registry.url().length());
    var request = "PATCH " + path + " HTTP/1.1\r\nContent-Length: 6\r\n\r\nKERN";
    assertThatThrownBy(() -> probe.raw(request)).isInstanceOf(IOException.class);
    assertThat(probe.get(location).header("Range")).isEqualTo("0-3");
  }

  @Test
  void aBlobIsMountedFromARepositoryThatHasIt() throws IOException {
    registry.addBlob("os/other", bytes("KERNEL"));

    var mount = UPLOADS + "?mount=" + KERNEL;
    assertThat(probe.post(mount, "").status()).isEqualTo(202);
    assertThat(probe.post(mount + "&from=os/nowhere", "").status()).isEqualTo(202);
    assertThat(registry.blob(KERNEL)).isEmpty();
    assertThat(probe.post(mount + "&from=os/other", "").status()).isEqualTo(201);
    assertThat(registry.blob(KERNEL)).isPresent();
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-1,  206, KE,     bytes 0-1/6",
    "bytes=4-,   206, EL,     bytes 4-5/6",
    "bytes=4-99, 206, EL,     bytes 4-5/6",
    "bytes=-1,   206, L,      bytes 5-5/6",
    "bytes=6-,   416, '',     bytes */6",
    "lines=1,    200, KERNEL, ''"
  })
  void aBlobIsReadInParts(String range, int status, String content, String contentRange)
      throws IOException {
    registry.addBlob(bytes("KERNEL"));

    var reply = probe.get(NAME + "/blobs/" + KERNEL, "Range: " + range);

    assertThat(reply.status()).isEqualTo(status);
    assertThat(reply.text()).isEqualTo(content);
    assertThat(reply.header("Content-Range")).isEqualTo(contentRange);
  }

  @Test
  void aBlobIsLookedForAndDeleted() throws IOException {
    var path = NAME + "/blobs/" + registry.addBlob(bytes("KERNEL"));

    var head = probe.head(path);
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("Content-Length")).isEqualTo("6");
    assertThat(head.header("Docker-Content-Digest")).isEqualTo(KERNEL.toString());
    assertThat(head.text()).isEmpty();
    assertThat(probe.delete(path).status()).isEqualTo(202);
    assertThat(probe.head(path).status()).isEqualTo(404);
    assertThat(probe.get(path).text()).contains("BLOB_UNKNOWN");
    assertThat(probe.get(NAME + "/blobs/sha256:x").text()).contains("DIGEST_INVALID");
  }

  @Test
  void aManifestIsPushedByTagAndReadByDigest() throws IOException {
    var manifest = manifest("");

    var pushed = probe.put(NAME + "/manifests/1", manifest, MANIFEST);
    assertThat(pushed.status()).isEqualTo(201);
    var digest = Digest.of(bytes(manifest)).toString();
    assertThat(pushed.header("Docker-Content-Digest")).isEqualTo(digest);
    assertThat(pushed.response().headers().firstValue("OCI-Subject")).isEmpty();

    var read = probe.get(NAME + "/manifests/" + digest, "Accept: text/x;q=0.1, " + type() + ";q=1");
    assertThat(read.text()).isEqualTo(manifest);
    assertThat(read.header("Content-Type")).isEqualTo(type());
    assertThat(probe.head(NAME + "/manifests/1", ACCEPT).header("Content-Length"))
        .isEqualTo("" + manifest.length());
    assertThat(registry.manifest("1")).hasValue(bytes(manifest));
  }

  @Test
  void anOciManifestIsOnlyForThoseWhoNameItsType() throws IOException {
    registry.addManifest("1", type(), bytes(manifest("")));

    assertThat(probe.get(NAME + "/manifests/1").status()).isEqualTo(404);
    assertThat(probe.get(NAME + "/manifests/1", "Accept: */*").text()).contains("MANIFEST_UNKNOWN");
    assertThat(probe.get(NAME + "/manifests/1", ACCEPT).status()).isEqualTo(200);
  }

  @Test
  void aManifestThatIsWrongIsRefused() throws IOException {
    var good = manifest("");
    var bad = NAME + "/manifests/1";
    assertThat(probe.put(bad, "no JSON", MANIFEST).text()).contains("MANIFEST_INVALID");
    assertThat(probe.put(bad, good, OCTETS).text()).contains("MANIFEST_INVALID");
    assertThat(probe.put(NAME + "/manifests/" + KERNEL, good, MANIFEST).text())
        .contains("DIGEST_INVALID");
    probe.delete(NAME + "/blobs/" + Digest.of(bytes("{}")));
    var missing = probe.put(bad, good, MANIFEST);
    assertThat(missing.status()).isEqualTo(400);
    assertThat(missing.text()).contains("MANIFEST_BLOB_UNKNOWN");
    assertThat(registry.tags()).isEmpty();
  }

  @Test
  void anIndexNeedsItsManifests() throws IOException {
    var manifest = manifest("");
    var index =
        "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}]}"
            .formatted(type(), Digest.of(bytes(manifest)), manifest.length());
    var contentType = "Content-Type: " + MediaTypes.IMAGE_INDEX;

    assertThat(probe.put(NAME + "/manifests/i", index, contentType).status()).isEqualTo(400);
    probe.put(NAME + "/manifests/1", manifest, MANIFEST);
    assertThat(probe.put(NAME + "/manifests/i", index, contentType).status()).isEqualTo(201);
  }

  @Test
  void aDeletedTagLeavesTheManifestAndADeletedManifestLeavesNoTag() throws IOException {
    var digest = registry.addManifest("1", type(), bytes(manifest("")));
    registry.addManifest("2", type(), bytes(manifest("")));

    assertThat(probe.delete(NAME + "/manifests/1").status()).isEqualTo(202);
    assertThat(probe.get(NAME + "/manifests/" + digest, ACCEPT).status()).isEqualTo(200);
    assertThat(probe.delete(NAME + "/manifests/" + digest).status()).isEqualTo(202);
    assertThat(probe.get(NAME + "/manifests/2", ACCEPT).status()).isEqualTo(404);
    assertThat(probe.delete(NAME + "/manifests/2").status()).isEqualTo(404);
  }

  @Test
  void tagsAreListedInOrderAndInPages() throws IOException {
    assertThat(probe.get(NAME + "/tags/list").text()).contains("NAME_UNKNOWN");
    for (var tag : new String[] {"c", "a", "b"}) {
      registry.addManifest(tag, type(), bytes(manifest("")));
    }

    assertThat(probe.get(NAME + "/tags/list").text())
        .isEqualTo("{\"name\":\"os/debian\",\"tags\":[\"a\",\"b\",\"c\"]}");
    var page = probe.get(NAME + "/tags/list?n=2");
    assertThat(page.text()).contains("[\"a\",\"b\"]");
    assertThat(page.header("Link")).isEqualTo("<" + NAME + "/tags/list?last=b&n=2>; rel=\"next\"");
    var last = probe.get(NAME + "/tags/list?last=b&n=2");
    assertThat(last.text()).contains("[\"c\"]");
    assertThat(last.header("Link")).isEmpty();
  }

  @Test
  void referrersAreListedAndFilteredWhetherTheirSubjectIsThereOrNot() throws IOException {
    var sbom = manifest("\"artifactType\":\"text/sbom\",\"annotations\":{\"a\":\"b\"},");
    var pushed =
        probe.put(NAME + "/manifests/" + Digest.of(bytes(subject(sbom))), subject(sbom), MANIFEST);
    probe.put(NAME + "/manifests/2", subject(manifest("")), MANIFEST);
    assertThat(pushed.header("OCI-Subject")).isEqualTo(KERNEL.toString());

    var all = probe.get(NAME + "/referrers/" + KERNEL);
    assertThat(all.header("Content-Type")).isEqualTo(MediaTypes.IMAGE_INDEX);
    assertThat(all.text())
        .contains("\"artifactType\":\"text/sbom\",\"annotations\":{\"a\":\"b\"}")
        .contains("\"artifactType\":\"" + MediaTypes.EMPTY + "\"");
    assertThat(all.header("OCI-Filters-Applied")).isEmpty();
    var some = probe.get(NAME + "/referrers/" + KERNEL + "?artifactType=text%2Fsbom");
    assertThat(some.text()).contains("text/sbom").doesNotContain(MediaTypes.EMPTY);
    assertThat(some.header("OCI-Filters-Applied")).isEqualTo("artifactType");
    assertThat(probe.get(NAME + "/referrers/" + Digest.of(bytes("x"))).text())
        .endsWith("\"manifests\":[]}");
    assertThat(probe.get(NAME + "/referrers/x").status()).isEqualTo(400);
  }

  @Test
  void everyRequestIsInTheLog() throws IOException {
    probe.push("KERNEL");
    probe.get("/v2/", "X-Test: a");

    assertThat(registry.count(Step.UPLOAD_POST, Step.UPLOAD_PATCH, Step.UPLOAD_PUT)).isEqualTo(3);
    assertThat(registry.requests().getLast()).hasToString("GET /v2/");
    assertThat(registry.requests().getLast().header("x-test")).isEqualTo("a");
    assertThat(registry.requests().getFirst()).hasToString("POST " + UPLOADS);
    assertThat(registry.requests().get(1).bytes()).isEqualTo(6);
    assertThat(registry.mostAtOnce(registry.host())).isOne();
  }

  private static String type() {
    return MediaTypes.IMAGE_MANIFEST;
  }

  /** A manifest of nothing, which has these fields as well. */
  private String manifest(String fields) {
    var descriptor =
        "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":2}"
            .formatted(MediaTypes.EMPTY, registry.addBlob(bytes("{}")));
    return "{\"schemaVersion\":2,\"mediaType\":\"%s\",%s\"config\":%s,\"layers\":[%s]}"
        .formatted(type(), fields, descriptor, descriptor);
  }

  /** The same manifest about a subject. */
  private static String subject(String manifest) {
    return manifest.substring(0, manifest.length() - 1)
        + ",\"subject\":{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":6}}"
            .formatted(type(), KERNEL);
  }
}
