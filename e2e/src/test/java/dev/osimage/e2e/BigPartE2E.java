package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.Digest;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class BigPartE2E {

  private static final long SIZE = 2L << 30;

  @Test
  void twoGibibytesGoThroughABuilderOf192Mebibytes() throws Exception {
    try (var workspace = Workspace.open("big");
        var sources = new SourceServer(workspace.cluster)) {
      var digest = Digest.of(TestFiles.endless(SIZE));
      sources.publish("big", SIZE, () -> TestFiles.endless(SIZE));
      var hold = sources.hold("big");
      workspace.apply(
          """
          apiVersion: osimage.dev/v1alpha1
          kind: OsImage
          metadata: {name: big}
          spec:
            architecture: amd64
            files:
              rootfs: %s
            destination: {repository: "%s", plainHTTP: true}
          """
              .formatted(sources.source("big", digest), workspace.repository("big")));
      workspace.await(
          "big",
          "under way, with its progress in the status",
          image ->
              image.getStatus().build() != null
                  && Objects.toString(image.getStatus().build().progress(), "")
                      .matches("50% of 2.0 GiB"));
      hold.release();

      var status = workspace.awaitReady("big").getStatus();

      assertThat(Objects.requireNonNull(status.artifact()).size()).isEqualTo(SIZE);
      var pod = workspace.pods().getFirst();
      var limit = pod.getSpec().getContainers().getFirst().getResources().getLimits().get("memory");
      assertThat(limit).hasToString("192Mi");
      assertThat(Objects.requireNonNull(status.build()).attempt()).isEqualTo(1);
      System.out.println(
          "builder: " + workspace.kubectl.run("logs", pod.getMetadata().getName(), "--tail=5"));
      assertThat(sources.requests()).as("the source is read once").isEqualTo(1);
    }
  }
}
