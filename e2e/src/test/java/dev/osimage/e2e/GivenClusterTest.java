package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GivenClusterTest {

  @TempDir private Path folder;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void giveWhatIsNeeded() throws IOException {
    var kubeconfig = Files.createFile(folder.resolve("kubeconfig"));
    environment.put("KUBECONFIG", kubeconfig.toString());
    environment.put("OSIMAGE_IMAGE", "registry.example.com:5000/osimage-operator:0.1.0");
    environment.put("OSIMAGE_REGISTRY", "registry.example.com:5000");
  }

  @Test
  void whatIsGivenIsUsedAsItIs() {
    environment.put("OSIMAGE_AUTH_REGISTRY", "registry.example.com:5001");
    environment.put("OSIMAGE_AUTH_USERNAME", "builder");
    environment.put("OSIMAGE_AUTH_PASSWORD", "secret");
    environment.put("OSIMAGE_ADDRESS", "127.0.0.1");

    var cluster = GivenCluster.from(environment);

    assertThat(cluster.kubeconfig()).isEqualTo(folder.resolve("kubeconfig"));
    assertThat(cluster.registry()).isEqualTo("registry.example.com:5000");
    assertThat(cluster.load(folder.resolve("never-read")))
        .isEqualTo("registry.example.com:5000/osimage-operator:0.1.0");
    assertThat(cluster.passwordRegistry())
        .isEqualTo(new Cluster.PasswordRegistry("registry.example.com:5001", "builder", "secret"));
    assertThat(cluster.address()).isEqualTo("127.0.0.1");
  }

  @Test
  void oneErrorNamesAllThatIsMissing() {
    assertThatThrownBy(
            () -> GivenCluster.from(Map.of("KUBECONFIG", " ", "OSIMAGE_AUTH_USERNAME", "builder")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll(
            "KUBECONFIG:",
            "OSIMAGE_IMAGE:",
            "OSIMAGE_REGISTRY:",
            "OSIMAGE_AUTH_REGISTRY:",
            "OSIMAGE_AUTH_PASSWORD:")
        .message()
        .doesNotContain("OSIMAGE_AUTH_USERNAME:", "OSIMAGE_ADDRESS");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/not/there", "pom.xml", "/etc"})
  void aKubeconfigThatIsNotOneFileWithItsWholePathIsRefused(String path) {
    environment.put("KUBECONFIG", path);
    assertThatThrownBy(() -> GivenCluster.from(environment))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("KUBECONFIG=" + path);
  }

  @Test
  void anImageWithoutATagIsRefused() {
    environment.put("OSIMAGE_IMAGE", "registry.example.com:5000/osimage-operator");
    assertThatThrownBy(() -> GivenCluster.from(environment))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("OSIMAGE_IMAGE=registry.example.com:5000/osimage-operator: has no tag");
  }

  @Test
  void whatIsNotGivenIsUnsupportedAndTheReasonSaysWhichVariableWouldHelp() {
    var cluster = GivenCluster.from(environment);

    assertUnsupported(cluster::passwordRegistry, "OSIMAGE_AUTH_REGISTRY");
    assertUnsupported(cluster::address, "OSIMAGE_ADDRESS");
    assertUnsupported(() -> cluster.serve("name", folder.resolve("file")), "OSIMAGE_ADDRESS");
    assertUnsupported(() -> cluster.kill("some-uid"), "processes");
  }

  private static void assertUnsupported(ThrowingCallable call, String reason) {
    assertThatThrownBy(call).isInstanceOf(UnsupportedByCluster.class).hasMessageContaining(reason);
  }

  @Test
  void aFileIsServedAtTheGivenAddress() throws Exception {
    environment.put("OSIMAGE_ADDRESS", "127.0.0.1");
    var file = Files.writeString(folder.resolve("file"), "bytes");

    var url = GivenCluster.from(environment).serve("units/name", file);

    assertThat(url.toString()).startsWith("http://127.0.0.1:").endsWith("/units/name");
    assertThat(get(url)).isEqualTo("bytes");
  }

  private static String get(URI url) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(url).build(), BodyHandlers.ofString()).body();
    }
  }
}
