package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImageStatus;
import dev.osimage.oci.Digest;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class BigPartE2E {

  private static final long SMALL = 100L << 20;
  private static final long BIG = 4L << 30;
  private static final Pattern PEAK = Pattern.compile("peak memory (\\d+) kB");

  @Test
  void fourGibibytesNeedNoMoreMemoryThanAHundredMebibytes() throws Exception {
    try (var workspace = Workspace.open("big");
        var sources = new SourceServer(workspace.cluster)) {
      apply(workspace, sources, "small", SMALL);
      workspace.awaitReady("small");
      apply(workspace, sources, "big", BIG);
      var hold = sources.hold("big");
      workspace.await(
          "big",
          "under way, with its progress in the status",
          image ->
              image.getStatus().build() != null
                  && Objects.toString(image.getStatus().build().progress(), "")
                      .matches("50% of 4.0 GiB"));
      hold.release();

      var status = workspace.awaitReady("big").getStatus();

      assertThat(Objects.requireNonNull(status.artifact()).size()).isEqualTo(BIG);
      assertThat(Objects.requireNonNull(status.build()).attempt()).isEqualTo(1);
      assertThat(sources.requests()).as("each source is read once").isEqualTo(2);
      long small = peak(workspace, workspace.get("small").getStatus());
      long big = peak(workspace, status);
      System.out.printf("builder: peak memory %d kB for 100 MiB, %d kB for 4 GiB%n", small, big);
      // The heap grows a little with the number of collections; a tenth of it would be a leak.
      assertThat(big).isLessThan(small * 5 / 4).isLessThan(200_000);
    }
  }

  private static void apply(Workspace workspace, SourceServer sources, String name, long size)
      throws Exception {
    sources.publish(name, size, () -> TestFiles.endless(size));
    var digest = Digest.of(TestFiles.endless(size));
    workspace.apply(
        """
        apiVersion: osimage.dev/v1alpha1
        kind: OsImage
        metadata: {name: %s}
        spec:
          architecture: amd64
          files:
            rootfs: %s
          destination: {repository: "%s", plainHTTP: true}
        """
            .formatted(name, sources.source(name, digest), workspace.repository(name)));
  }

  private static long peak(Workspace workspace, OsImageStatus status) {
    var job = Objects.requireNonNull(Objects.requireNonNull(status.build()).job());
    var log = workspace.kubectl.run("logs", "job/" + job);
    var peak = PEAK.matcher(log);
    assertThat(peak.find()).as("the builder logs its peak").isTrue();
    return Long.parseLong(peak.group(1));
  }
}
