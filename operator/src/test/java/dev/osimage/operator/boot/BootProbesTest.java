package dev.osimage.operator.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Boot;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Part;
import dev.osimage.api.Reason;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BootProbesTest {

  private static final ResourceID ID = new ResourceID("debian", "team");
  private static final BootFinding GOOD =
      new BootFinding(true, Reason.BOOT_URLS_REACHABLE, "all of them");
  private static final BootFinding BAD =
      new BootFinding(false, Reason.CREDENTIALS_REFUSED, "a password");
  private static final List<Part> PARTS = List.of(new Part("kernel", "t", "sha256:1", 1, "u"));

  private final BlockingQueue<ResourceID> woken = new LinkedBlockingQueue<>();
  private final BlockingQueue<List<Part>> asked = new LinkedBlockingQueue<>();
  private final AtomicReference<@Nullable BootFinding> answer = new AtomicReference<>(GOOD);
  private final BootProbes probes = new BootProbes(this::probe, woken::add, Clock.systemUTC());

  private BootFinding probe(Boot boot, List<Part> parts) {
    asked.add(parts);
    var finding = answer.get();
    if (finding == null) {
      throw new IllegalStateException("as bad as it gets");
    }
    return finding;
  }

  private static OsImage image() {
    var image = new OsImage();
    image.setMetadata(new ObjectMetaBuilder().withNamespace("team").withName("debian").build());
    return image;
  }

  private Optional<BootFinding> known(String kernel) {
    var boot = new Boot(1, kernel, null, null, null, null, null, null, null);
    return probes.apply(
        image(),
        new OsImageStatus(
            1L, null, null, PARTS, boot, null, null, null, null, null, null, null, null, null));
  }

  private @Nullable ResourceID woken() throws InterruptedException {
    return woken.poll(10, TimeUnit.SECONDS);
  }

  @Test
  void whatIsFoundWakesTheObjectAndIsKeptWhileItIsFresh() throws Exception {
    assertThat(known("http://gateway/1")).as("nothing is known yet").isEmpty();
    assertThat(woken()).isEqualTo(ID);

    assertThat(known("http://gateway/1")).contains(GOOD);
    assertThat(known("http://gateway/1")).contains(GOOD);
    assertThat(asked).containsExactly(PARTS);
    assertThat(woken).isEmpty();
  }

  @Test
  void otherUrlsAreLookedAtAnew() throws Exception {
    known("http://gateway/1");
    woken();

    assertThat(known("http://gateway/2")).isEmpty();
    assertThat(woken()).isEqualTo(ID);
    assertThat(asked).hasSize(2);
  }

  @Test
  void whatCanNotBeReachedIsLookedAtAgainByItself() throws Exception {
    answer.set(BAD);
    known("http://gateway/1");
    assertThat(woken()).isEqualTo(ID);
    assertThat(known("http://gateway/1")).contains(BAD);

    answer.set(GOOD);
    assertThat(woken()).as("when it is time to look again").isEqualTo(ID);
    assertThat(known("http://gateway/1")).as("that look has only begun").contains(BAD);
    assertThat(woken()).isEqualTo(ID);
    assertThat(known("http://gateway/1")).contains(GOOD);
  }

  @Test
  void aLookThatFailsIsAFindingToo() throws Exception {
    answer.set(null);
    known("http://gateway/1");

    assertThat(woken()).isEqualTo(ID);
    assertThat(known("http://gateway/1").orElseThrow().reachable()).isFalse();
  }
}
