package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Repository;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.http.HttpTransport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How many blobs travel at once, over all that a process does. */
@Timeout(30)
class TransferBoundTest extends AgainstFaults {

  @TempDir Path folder;

  @Test
  void atMostThreeUploadsToOneHostRunAtOnceOverSeveralClients() throws Exception {
    var registry = registry();
    var http = http();

    together(
        IntStream.range(0, 10)
            .mapToObj(i ->
                (Work)
                    () -> {
                      var content = bytes(300_000 + i);
                      var repository = new Repository(registry.host(), "os/r" + i);
                      client(registry, http, repository)
                          .writeBlob(Descriptor.of("a/b", content), Content.of(content));
                    })
            .toList());

    assertThat(registry.count(Step.UPLOAD_PUT)).isEqualTo(10);
    assertThat(registry.mostAtOnce(registry.host())).isLessThanOrEqualTo(3);
  }

  @Test
  void atMostThreeDownloadsFromOneHostRunAtOnce() throws Exception {
    var registry = registry(Rule.always(Step.BLOB_GET).trickles(Duration.ofNanos(1)));
    var http = http();
    var content = bytes(500);
    registry.addBlob(content);

    together(
        IntStream.range(0, 10)
            .mapToObj(i ->
                (Work)
                    () -> {
                      var client = client(registry, http, registry.repository());
                      if (i % 2 == 0) {
                        client.pullBlob(Descriptor.of("a/b", content), folder.resolve("b" + i));
                      } else {
                        try (var blob = client.blob(Descriptor.of("a/b", content))) {
                          blob.readAllBytes();
                        }
                      }
                    })
            .toList());

    assertThat(registry.mostAtOnce(registry.host())).isLessThanOrEqualTo(3);
  }

  @Test
  void copiesWithinARegistryDoNotWaitForThemselves() throws Exception {
    var registry = registry();
    var http = http();

    together(
        IntStream.range(0, 8)
            .mapToObj(i ->
                (Work)
                    () -> {
                      var content = bytes(300_000 + i);
                      registry.addBlob("os/from", content);
                      var blob = Descriptor.of("a/b", content);
                      var from = client(registry, http, new Repository(registry.host(), "os/from"));
                      client(registry, http, registry.repository())
                          .writeBlob(blob, new Remote(from, blob));
                      assertThat(registry.blob(blob.digest())).hasValue(content);
                    })
            .toList());
  }

  @Test
  void copiesBothWaysBetweenTwoRegistriesThatTakeTheirPlacesFirstDoNotWaitForEachOther()
      throws Exception {
    var one = registry();
    var two = registry();
    var http = http();

    together(
        IntStream.range(0, 12)
            .mapToObj(i ->
                (Work)
                    () -> {
                      var source = i % 2 == 0 ? one : two;
                      var target = i % 2 == 0 ? two : one;
                      var content = bytes(200_000 + i);
                      source.addBlob(content);
                      var blob = Descriptor.of("a/b", content);
                      var from = client(source, http, source.repository());
                      var to = client(target, http, target.repository());
                      http.transfers()
                          .run(
                              Stream.concat(from.hosts().stream(), to.hosts().stream()).toList(),
                              () -> {
                                to.writeBlob(blob, new Remote(from, blob));
                                return blob;
                              });
                      assertThat(target.blob(blob.digest())).hasValue(content);
                    })
            .toList());
  }

  @Test
  void aPlaceIsGivenBackWhenAnythingFails() throws Exception {
    var registry =
        registry(
            Rule.always(Step.UPLOAD_PATCH).answers(Answer.of(403)),
            Rule.always(Step.BLOB_GET).flipsByte(0));
    var http = http();
    var content = bytes(1000);
    registry.addBlob(content);
    var blob = Descriptor.of("a/b", content);
    var gone = Descriptor.of("a/b", new byte[] {1});
    var client = client(registry, http, registry.repository());

    for (int i = 0; i < 4; i++) {
      for (var work :
          List.<Work>of(
              () -> client.writeBlob(blob, Content.of(content)),
              () -> client.blob(gone).close(),
              () -> client.pullBlob(blob, folder.resolve("b")),
              () -> client.pullBlob(gone, folder.resolve("b")),
              () -> client.writeBlob(gone, new Remote(client, gone)))) {
        assertThat(work).satisfies(each -> assertThatThrownBy(each::run).isNotNull());
      }
      client.blob(blob).close();
    }
  }

  /** A blob of another repository as content. */
  private record Remote(RegistryClient reader, Descriptor blob) implements Content {

    @Override
    public OptionalLong size() {
      return OptionalLong.of(blob.size());
    }

    @Override
    public InputStream open() throws IOException {
      return reader.blob(blob);
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  private static void together(List<Work> works) throws Exception {
    var running =
        works.stream()
            .map(work ->
                CompletableFuture.runAsync(
                    () -> {
                      try {
                        work.run();
                      } catch (Exception e) {
                        throw new AssertionError(e);
                      }
                    },
                    task -> Thread.ofVirtual().start(task)))
            .toList();
    for (var each : running) {
      each.get();
    }
  }

  private static RegistryClient client(
      FaultRegistry registry, HttpTransport http, Repository repository) {
    return new RegistryClient(http, repository, settings(registry, LOGIN));
  }
}
