package dev.osimage.oci.layout;

import static dev.osimage.oci.layout.Images.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.layout.Copy.Options;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CopyConcurrencyTest {

  private final Memory from = new Memory();

  @Test
  void aFailureEndsTheOtherTransfersAndNothingIsTagged() throws Exception {
    var image = Images.image(from, "good", "bad", "slow");
    var slowBegan = new CountDownLatch(1);
    var slowEnded = new CountDownLatch(1);
    var failing =
        new Memory() {
          @Override
          public void writeBlob(Descriptor blob, Content content) throws IOException {
            if (blob.digest().equals(Digest.of(utf8("slow")))) {
              waitForInterrupt(slowBegan, slowEnded);
            } else if (blob.digest().equals(Digest.of(utf8("bad")))) {
              await(slowBegan);
              throw new IOException("disk full");
            }
            super.writeBlob(blob, content);
          }
        };

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> Copy.copy(from, image.digest().toString(), failing, "1", Options.PLAIN))
        .withMessage("disk full");
    assertThat(slowEnded.getCount()).isZero();
    assertThat(failing.tags).isEmpty();
    assertThat(failing.manifests).isEmpty();
  }

  @Test
  void aCopyThatIsInterruptedEnds() throws Exception {
    var image = Images.image(from, "slow");
    var began = new CountDownLatch(2);
    var ended = new CountDownLatch(1);
    var slow =
        new Memory() {
          @Override
          public void writeBlob(Descriptor blob, Content content) throws IOException {
            waitForInterrupt(began, ended);
          }
        };
    var interrupted = new AtomicInteger();
    var copy =
        Thread.ofVirtual()
            .start(() -> {
              try {
                Copy.copy(from, image.digest().toString(), slow, "1", Options.PLAIN);
              } catch (InterruptedIOException e) {
                interrupted.incrementAndGet();
              } catch (IOException e) {
                interrupted.set(-1);
              }
            });
    await(began);
    copy.interrupt();
    copy.join();

    assertThat(interrupted).hasValue(1);
    assertThat(slow.tags).isEmpty();
  }

  @Test
  void threeBlobsAreUnderWayAtATimeAndNoMore() throws Exception {
    var image = Images.image(from, "1", "2", "3", "4", "5", "6", "7");
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    var three = new CountDownLatch(3);
    var fourth = new CountDownLatch(4);
    var counting =
        new Memory() {
          @Override
          public void writeBlob(Descriptor blob, Content content) throws IOException {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            three.countDown();
            await(three);
            fourth.countDown();
            offerAMomentTo(fourth);
            super.writeBlob(blob, content);
            now.decrementAndGet();
          }
        };

    Copy.copy(from, image.digest().toString(), counting, "1", Options.PLAIN);

    assertThat(most).hasValue(3);
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Passes at once when it has come; a fourth that may come does so while three wait here. */
  private static void offerAMomentTo(CountDownLatch fourth) throws IOException {
    try {
      var _ = fourth.await(300, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static void waitForInterrupt(CountDownLatch began, CountDownLatch ended)
      throws IOException {
    began.countDown();
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      ended.countDown();
      throw new IOException(e);
    }
  }
}
