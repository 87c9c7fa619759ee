package dev.osimage.builder;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Reason;
import dev.osimage.image.BootLook;
import dev.osimage.image.BuildPlan.PlannedDestination;
import dev.osimage.image.Mounts;
import dev.osimage.image.RegistryTask;
import dev.osimage.image.RegistryTask.TaggedArtifact;
import dev.osimage.image.Termination;
import dev.osimage.image.Wire;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.Repository;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.RetryPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import okio.ByteString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpkeepTest {

  private static final String CONTENT_TAG = "osimage-0123456789abcdef";

  @TempDir Path folder;
  private final FakeRegistry registry = new FakeRegistry();
  private final MockWebServer server = new MockWebServer();
  private final Manifest manifest = manifest();

  @BeforeEach
  void publish() throws IOException {
    server.setDispatcher(registry);
    server.start();
    registry.add("config");
    registry.add("kernel");
    registry.manifests.put(manifest.digest().toString(), ByteString.of(manifest.bytes()));
    registry.manifests.put("stable", ByteString.of(manifest.bytes()));
    registry.manifests.put(CONTENT_TAG, ByteString.of(manifest.bytes()));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void whatIsAllThereIsFoundSoAndNothingIsWritten() throws IOException {
    var answer = check();

    assertThat(answer.reason().text()).isEqualTo("Succeeded");
    assertThat(registry.requests)
        .allMatch(
            request -> request.startsWith("HEAD blobs/") || request.startsWith("GET manifests/"));
  }

  @Test
  void aLostManifestIsFound() throws IOException {
    registry.manifests.remove(manifest.digest().toString());

    assertFound("ArtifactLost", "the manifest of");
  }

  @Test
  void everyLostBlobIsNamedWithWhatItWas() throws IOException {
    registry.blobs.clear();

    assertFound("ArtifactLost", "application/x-config", "application/x-kernel");
  }

  @Test
  void aTagThatNamesSomethingElseOrNothingIsFound() throws IOException {
    var other = other();
    registry.manifests.put("stable", ByteString.of(other.bytes()));
    assertFound("TagMoved", "the tag stable names " + other.digest());

    registry.manifests.remove("stable");
    assertFound("TagMoved", "the tag stable is gone");
  }

  @Test
  void aContentTagMayNameAnotherResultOfTheSameInputsAndMustNotBeGone() throws IOException {
    registry.manifests.put(CONTENT_TAG, ByteString.of(other().bytes()));
    assertThat(check().reason().text()).isEqualTo("Succeeded");

    registry.manifests.remove(CONTENT_TAG);
    assertFound("TagMoved", "the tag " + CONTENT_TAG + " is gone");
  }

  @Test
  void aRegistryThatDoesNotAnswerHasLostNothing() throws IOException {
    registry.answer(
        "GET manifests/" + manifest.digest(), new MockResponse.Builder().code(503).build());

    assertFound("RegistryUnavailable", "503");
  }

  @Test
  void bootUrlsThatAnybodyCanReadAreFoundSo() throws IOException {
    registry.answer("GET " + blob(), new MockResponse.Builder().code(206).body("k").build());

    assertThat(check(url(blob())).bootLook())
        .isEqualTo(
            new BootLook(
                Reason.BOOT_URLS_REACHABLE, "the registry gives every part to whoever asks"));
  }

  @ParameterizedTest
  @CsvSource({
    "401,CredentialsMissing,let anybody pull",
    "403,CredentialsMissing,let anybody pull",
    "404,RegistryRefused,let anybody pull",
    "400,RegistryRefused,HTTP 400"
  })
  void aBootUrlThatMachinesCannotReadIsTold(int status, String reason, String words)
      throws IOException {
    registry.answer("GET " + blob(), new MockResponse.Builder().code(status).build());

    var answer = check(url(blob()));

    assertThat(answer.reason()).as("what was looked for is there").isEqualTo(Reason.SUCCEEDED);
    var look = Objects.requireNonNull(answer.bootLook());
    assertThat(look.reason().text()).isEqualTo(reason);
    assertThat(look.message()).startsWith(url(blob())).contains(words);
  }

  @Test
  void aRegistryThatWantsATokenOfEverybodyNeedsTheGateway() throws IOException {
    registry.answer(
        "GET " + blob(),
        new MockResponse.Builder()
            .code(401)
            .setHeader("WWW-Authenticate", "Bearer realm=\"https://auth.example.com/token\"")
            .build());

    var look = Objects.requireNonNull(check(url(blob())).bootLook());
    assertThat(look.reason()).isEqualTo(Reason.CREDENTIALS_MISSING);
    assertThat(look.message()).contains("token", "gateway.enabled").doesNotContain("let anybody");
  }

  @Test
  void whatPassesIsNoFindingOfBootUrls() throws IOException {
    registry.answer("GET " + blob(), new MockResponse.Builder().code(503).build());

    assertThat(check(url(blob())).bootLook()).isNull();
  }

  @Test
  void bootUrlsAreReadWithoutTheCredentialsThatTheLookHas() throws IOException {
    registry.protect("Basic " + Base64.getEncoder().encodeToString("me:pw".getBytes(US_ASCII)));
    var secret = Files.createDirectories(new Mounts(folder).secret("login"));
    Files.writeString(secret.resolve("username"), "me");
    Files.writeString(secret.resolve("password"), "pw");

    var answer = checkAs("login", url(blob()));

    assertThat(answer.reason()).isEqualTo(Reason.SUCCEEDED);
    assertThat(Objects.requireNonNull(answer.bootLook()).reason())
        .isEqualTo(Reason.CREDENTIALS_MISSING);
  }

  @Test
  void bootUrlsAreToldAlsoWhereALookFindsSomethingElse() throws IOException {
    registry.manifests.remove("stable");

    var answer = check(url(blob()));

    assertThat(answer.reason()).isEqualTo(Reason.TAG_MOVED);
    assertThat(Objects.requireNonNull(answer.bootLook()).reachable()).isTrue();
  }

  private static String blob() {
    return "blobs/" + descriptor("application/x-kernel", "kernel").digest();
  }

  private String url(String path) {
    return server.url("/v2/os/debian/" + path).toString();
  }

  private void assertFound(String reason, String... words) throws IOException {
    var answer = check();
    assertThat(answer.reason().text()).isEqualTo(reason);
    assertThat(answer.message()).contains(words);
  }

  private Termination check(String... bootUrls) throws IOException {
    return checkAs(null, bootUrls);
  }

  private Termination checkAs(@Nullable String secret, String... bootUrls) throws IOException {
    var destination =
        new PlannedDestination(
            Repository.parse("%s:%d/os/debian".formatted(server.getHostName(), server.getPort())),
            List.of(),
            true,
            secret,
            null);
    var task =
        new RegistryTask(
            RegistryTask.VERSION,
            RegistryTask.Kind.CHECK,
            destination,
            null,
            List.of(new TaggedArtifact(manifest.digest(), List.of("stable"), CONTENT_TAG)),
            List.of(bootUrls),
            60,
            0);
    var json = Wire.write(task);
    var file = Files.write(folder.resolve("task.json"), json);
    var termination = folder.resolve("termination");
    TaskMain.run(
        new Handover(file, Digest.of(json).toString(), termination),
        new Mounts(folder),
        HttpSettings.of(Map.of()),
        RetryPolicy.NONE);
    return Wire.read(Files.readAllBytes(termination), Termination.class);
  }

  private static Manifest manifest() {
    return Manifest.of(
        new ImageManifest(
            descriptor("application/x-config", "config"),
            List.of(descriptor("application/x-kernel", "kernel")),
            Map.of()));
  }

  private static Manifest other() {
    return Manifest.of(
        new ImageManifest(descriptor("application/x-config", "other"), List.of(), Map.of()));
  }

  private static Descriptor descriptor(String type, String content) {
    return Descriptor.of(type, content.getBytes(StandardCharsets.UTF_8));
  }
}
