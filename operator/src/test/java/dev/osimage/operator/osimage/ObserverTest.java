package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.FINISHED;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.buildable;
import static dev.osimage.operator.osimage.Examples.image;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.osimage.api.Reason;
import dev.osimage.image.RegistryTask;
import dev.osimage.image.Wire;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.EventListBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked of the API server because no cache has it. */
class ObserverTest {

  private static final String JOB_UID = "6c1a5fd4-0000-4000-8000-0000000000aa";

  private final Queue<String> requests = new ConcurrentLinkedQueue<>();
  private HttpServer server;
  private KubernetesClient client;
  private int status = 200;
  private byte[] answer = {};

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::serve);
    server.start();
    var config =
        new ConfigBuilder()
            .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
            .withRequestRetryBackoffLimit(0)
            .build();
    client = new KubernetesClientBuilder().withConfig(config).build();
  }

  @AfterEach
  void stop() {
    client.close();
    server.stop(0);
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(exchange.getRequestURI().toString());
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private Attempt.State stateOfAJobWithoutPod() {
    var image = image(A, 1);
    var job = BuildJob.job(image, buildable(A), 1, 1, SETTINGS);
    job.getMetadata().setUid(JOB_UID);
    job.getMetadata().setCreationTimestamp(Pods.CREATED);
    return new Observer(client, SETTINGS, Clock.fixed(NOW, ZoneOffset.UTC))
        .observe(image, List.of(job), List.of(), Optional.empty())
        .attempts()
        .getFirst()
        .state();
  }

  @Test
  void aTaskAtTheRegistryIsNoAttemptToBuild() {
    var image = image(A, 1);
    var start =
        new Chore.Start(
            RegistryTask.Kind.CHECK, "look", "now", "please", FINISHED, List.of(), List.of());
    var task = TaskJob.task(start, buildable(A).plan().destination(), SETTINGS);
    var job = TaskJob.job(image, start, task, SETTINGS);
    job.getMetadata().setUid(JOB_UID);
    job.getMetadata().setCreationTimestamp(Pods.CREATED);

    var observed =
        new Observer(client, SETTINGS, Clock.fixed(NOW, ZoneOffset.UTC))
            .observe(image, List.of(job), List.of(), Optional.empty());

    assertThat(job.hasOwnerReferenceFor(image)).isTrue();
    assertThat(observed.attempts()).isEmpty();
    assertThat(observed.tasks())
        .singleElement()
        .satisfies(found -> {
          assertThat(found.kind()).isEqualTo(RegistryTask.Kind.CHECK);
          assertThat(found.look()).isEqualTo("please");
          assertThat(found.prepared()).isFalse();
        });
  }

  private static EventBuilder event(String message) {
    return new EventBuilder().withType("Warning").withMessage(message);
  }

  @Test
  void theNewestEventAboutAJobSaysWhyItHasNoPod() {
    answer =
        Wire.write(
            new EventListBuilder()
                .withItems(
                    event("old").withLastTimestamp("2026-03-01T11:00:01Z").build(),
                    event("exceeded quota: small")
                        .withNewEventTime("2026-03-01T11:00:00.000000Z")
                        .withNewSeries()
                        .withNewLastObservedTime("2026-03-01T11:30:00.000001Z")
                        .endSeries()
                        .build(),
                    event("older").withNewEventTime("2026-03-01T11:00:00.900000Z").build(),
                    event("of an unknown time").build())
                .build());

    assertThat(stateOfAJobWithoutPod())
        .isEqualTo(
            new Attempt.Pending(
                Reason.QUOTA_EXCEEDED,
                "the cluster refuses the builder pod: exceeded quota: small"));
    assertThat(requests)
        .as("one request, with a bound")
        .singleElement()
        .asString()
        .startsWith("/api/v1/namespaces/images/events?")
        .contains("fieldSelector=involvedObject.uid%3D" + JOB_UID, "limit=100");
  }

  @Test
  void withoutTheRightToReadEventsLessIsSaid() {
    status = 403;

    assertThat(stateOfAJobWithoutPod())
        .isInstanceOfSatisfying(
            Attempt.Pending.class,
            pending -> assertThat(pending.message()).startsWith("there is no pod yet"));
  }

  private Observed observedWithAPodOfAJobThatNoCacheKnows() {
    var image = image(A, 1);
    var job = BuildJob.job(image, buildable(A), 1, 1, SETTINGS);
    job.getMetadata().setUid(JOB_UID);
    job.getMetadata().setCreationTimestamp(Pods.CREATED);
    var pod =
        new PodBuilder(Pods.pod("Running", Pods.runs()))
            .editMetadata()
            .withLabels(job.getMetadata().getLabels())
            .withOwnerReferences(JobPod.owner("batch/v1", "Job", job.getMetadata()).build())
            .endMetadata()
            .build();
    answer = status == 200 ? Wire.write(job) : answer;
    return new Observer(client, SETTINGS, Clock.fixed(NOW, ZoneOffset.UTC))
        .observe(image, List.of(), List.of(pod), Optional.empty());
  }

  @Test
  void aPodThatIsKnownBeforeItsJobIsNoStray() {
    var observed = observedWithAPodOfAJobThatNoCacheKnows();

    assertThat(observed.strayPods()).isFalse();
    assertThat(observed.attempts())
        .singleElement()
        .extracting(Attempt::state)
        .isEqualTo(new Attempt.Running(null));
  }

  @Test
  void aPodWhoseJobIsGoneIsAStray() {
    status = 404;
    var observed = observedWithAPodOfAJobThatNoCacheKnows();

    assertThat(observed.strayPods()).isTrue();
    assertThat(observed.attempts()).isEmpty();
  }
}
