package dev.osimage.operator;

import static dev.osimage.api.OsImage.FINALIZER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import mockwebserver3.MockWebServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UninstallTest {

  private static final String OTHER = "example.com/other";
  private static final String SCALE =
      "PUT /apis/apps/v1/namespaces/system/deployments/operator/scale";
  private static final String PODS = "GET /api/v1/namespaces/system/pods";
  private static final String LIST = "GET /apis/osimage.dev/v1alpha1/osimages";

  private static final Duration PODS_BOUND = Duration.ofSeconds(10);
  private static final Duration BOUND = Duration.ofSeconds(20);

  private final FakeCluster cluster = new FakeCluster();

  /** Every request takes a second. */
  private final InstantSource clock = () -> Instant.EPOCH.plusSeconds(cluster.requests.size());

  private final MockWebServer server = new MockWebServer();
  private KubernetesClient client =
      new KubernetesClientBuilder().withConfig(Config.empty()).build();

  @BeforeEach
  void start() throws IOException {
    client.close();
    server.setDispatcher(cluster);
    server.start();
    var config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl(server.url("/").toString())
            .withRequestRetryBackoffLimit(0)
            .build();
    client = new KubernetesClientBuilder().withConfig(config).build();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void ourFinalizerIsTakenOffAndThoseOfOthersStay() {
    cluster.add("a", "ours", FINALIZER);
    cluster.add("b", "both", OTHER, FINALIZER);
    cluster.add("b", "others", OTHER);
    cluster.add("c", "none");

    assertThat(uninstall("").run()).isEqualTo(2);

    assertThat(cluster.finalizers("a/ours")).isEmpty();
    assertThat(cluster.finalizers("b/both")).containsExactly(OTHER);
    assertThat(cluster.finalizers("b/others")).containsExactly(OTHER);
    assertThat(cluster.images.values())
        .as("the rest is as it was")
        .allSatisfy(image -> assertThat(image.at("/spec/fromTheFuture").asDouble()).isEqualTo(1.5));
    assertThat(cluster.requests)
        .as("who has nothing of ours is not written")
        .noneMatch(request -> request.endsWith("/others") || request.endsWith("/none"));
  }

  @Test
  void moreThanAPageAreLookedAt() {
    IntStream.range(0, 1001).forEach(i -> cluster.add("a", "image-%04d".formatted(i)));
    for (var edge : List.of("0000", "0499", "0500", "1000")) {
      cluster.setFinalizers("a/image-" + edge, FINALIZER);
    }

    assertThat(uninstall("").run()).isEqualTo(4);

    assertThat(cluster.images.keySet()).noneMatch(this::isHeld);
    assertThat(cluster.requests).filteredOn(LIST::equals).hasSize(3);
  }

  @Test
  void onlyWatchedNamespacesAreTouched() {
    cluster.add("a", "image", FINALIZER);
    cluster.add("b", "image", FINALIZER);
    cluster.add("c", "image", FINALIZER);

    assertThat(uninstall("a,c").run()).isEqualTo(2);

    assertThat(cluster.finalizers("a/image")).isEmpty();
    assertThat(cluster.finalizers("b/image")).containsExactly(FINALIZER);
    assertThat(cluster.finalizers("c/image")).isEmpty();
    assertThat(cluster.requests).as("it has no right to").doesNotContain(LIST);
  }

  @Test
  void nothingIsReleasedBeforeThePodsOfTheOperatorAreGone() {
    cluster.add("a", "image", FINALIZER);
    var looks = new AtomicInteger();
    cluster.pods = () -> looks.incrementAndGet() < 3 ? List.of("Running") : List.of();

    uninstall("").run();

    assertThat(cluster.requests)
        .containsExactly(
            SCALE,
            PODS,
            PODS,
            PODS,
            LIST,
            "PUT /apis/osimage.dev/v1alpha1/namespaces/a/osimages/image");
  }

  @Test
  void aPodThatStaysIsNamedAndNothingIsReleased() {
    cluster.add("a", "image", FINALIZER);
    cluster.pods = () -> List.of("Running");

    assertThatThrownBy(() -> uninstall("").run())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("after 10 s, the operator's pods still run")
        .hasMessageContaining("operator-1");
    assertThat(cluster.finalizers("a/image")).containsExactly(FINALIZER);
  }

  @Test
  void podsThatHaveEndedAreNotWaitedFor() {
    cluster.add("a", "image", FINALIZER);
    cluster.pods = () -> List.of("Failed", "Succeeded");

    assertThat(uninstall("").run()).isEqualTo(1);
  }

  @Test
  void aDeploymentThatIsGoneIsNoReasonToFail() {
    cluster.add("a", "image", FINALIZER);
    cluster.answer(SCALE, 404, "not found");

    assertThat(uninstall("").run()).isEqualTo(1);
  }

  @Test
  void aDeploymentThatMayNotBeScaledIsLeftAloneAndSoAreTheImages() {
    cluster.add("a", "image", FINALIZER);
    cluster.answer(SCALE, 403, "you may not");

    assertThatThrownBy(() -> uninstall("").run()).hasMessageContaining("you may not");
    assertThat(cluster.finalizers("a/image")).containsExactly(FINALIZER);
  }

  @Test
  void finalizersThatChangeMeanwhileAreLookedAtAgain() {
    cluster.add("a", "image", FINALIZER);
    cluster.beforeUpdate =
        () -> {
          cluster.beforeUpdate = () -> {};
          cluster.setFinalizers("a/image", OTHER, FINALIZER);
        };

    assertThat(uninstall("").run()).isEqualTo(1);

    assertThat(cluster.finalizers("a/image")).containsExactly(OTHER);
  }

  @Test
  void anImageThatIsDeletedMeanwhileIsFine() {
    cluster.add("a", "first", FINALIZER);
    cluster.add("a", "second", FINALIZER);
    cluster.beforeUpdate = () -> cluster.images.remove("a/first");

    assertThat(uninstall("").run()).isEqualTo(1);

    assertThat(cluster.finalizers("a/second")).isEmpty();
  }

  @Test
  void anImageThatIsAlwaysRefusedIsNamedAndTheOthersAreReleased() {
    cluster.add("a", "refused", FINALIZER);
    cluster.add("b", "image", FINALIZER);
    cluster.answer(
        "PUT /apis/osimage.dev/v1alpha1/namespaces/a/osimages/refused", 403, "a webhook says no");

    assertThatThrownBy(() -> uninstall("").run())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a/refused: a webhook says no")
        .hasMessageContaining("released so far: 1");
    assertThat(cluster.finalizers("b/image")).isEmpty();
  }

  @Test
  void whatTimeWasTooShortForIsLeftToTheNextRun() {
    IntStream.range(0, 30).forEach(i -> cluster.add("a", "image-" + i, FINALIZER));

    assertThatThrownBy(() -> uninstall("").run())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("after 20 s")
        .hasMessageContaining("wait for their turn");
    int left = (int) cluster.images.keySet().stream().filter(this::isHeld).count();

    assertThat(left).isBetween(1, 29);
    assertThat(uninstall("").run()).isEqualTo(left);
    assertThat(cluster.images.keySet()).noneMatch(this::isHeld);
  }

  private boolean isHeld(String image) {
    return cluster.finalizers(image).contains(FINALIZER);
  }

  @Test
  void withoutTheDefinitionThereIsNothingToRelease() {
    cluster.answer(LIST, 404, "the server could not find the requested resource");

    assertThat(uninstall("").run()).isZero();
  }

  @Test
  void aMissingVariableIsNamed() {
    assertThatThrownBy(() -> new Uninstall(client, Map.of(), clock, Uninstall.Bounds.DEFAULT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("OSIMAGE_NAMESPACE is not set");
  }

  private Uninstall uninstall(String watched) {
    var env =
        Map.of(
            "OSIMAGE_NAMESPACE", "system",
            "OSIMAGE_DEPLOYMENT", "operator",
            "OSIMAGE_POD_SELECTOR", "app=operator",
            "OSIMAGE_WATCH_NAMESPACES", watched);
    var bounds = new Uninstall.Bounds(PODS_BOUND, BOUND, Duration.ofMillis(1));
    return new Uninstall(client, env, clock, bounds);
  }
}
