package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class TransfersTest {

  private static final String A = "a.example:80";
  private static final String B = "b.example:80";

  @Test
  void noMoreThanTheBoundRunAtOnceAndAsManyDo() throws Exception {
    var transfers = new Transfers(2);
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    var two = new CountDownLatch(2);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var all = new ArrayList<Future<Integer>>();
      for (int i = 0; i < 20; i++) {
        all.add(
            threads.submit(() ->
                transfers.run(
                    List.of(A),
                    () -> {
                      most.accumulateAndGet(running.incrementAndGet(), Math::max);
                      two.countDown();
                      awaitUnchecked(two);
                      return running.decrementAndGet();
                    })));
      }
      for (var one : all) {
        one.get();
      }
    }
    assertThat(most).hasValue(2);
  }

  @Test
  void hostsDoNotWaitForEachOtherAndPortsAreHosts() throws IOException {
    var transfers = new Transfers(1);
    try (var a = transfers.take(A);
        var b = transfers.take(B);
        var other = transfers.take("a.example:5000")) {
      assertThat(List.of(a, b, other)).doesNotContainNull();
    }
  }

  @Test
  void transfersBetweenTwoHostsInBothDirectionsDoNotWaitForEachOther() throws Exception {
    var transfers = new Transfers(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var all = new ArrayList<Future<String>>();
      for (int i = 0; i < 200; i++) {
        var hosts = i % 2 == 0 ? List.of(A, B) : List.of(B, A);
        all.add(threads.submit(() -> transfers.run(hosts, () -> "done")));
      }
      for (var one : all) {
        assertThat(one.get(10, TimeUnit.SECONDS)).isEqualTo("done");
      }
    }
  }

  @Test
  void whatRunsInsideATransferNeedsNoFurtherPlace() throws IOException {
    var transfers = new Transfers(1);

    var inner =
        transfers.<String>run(
            List.of(A, B),
            () -> {
              try (var permit = transfers.take(A)) {
                assertThat(permit).isNotNull();
                return transfers.run(List.of(B, A), () -> "inside");
              }
            });

    assertThat(inner).isEqualTo("inside");
  }

  @Test
  void aPlaceIsGivenBackAfterAFailureAndOnlyOnce() throws IOException {
    var transfers = new Transfers(1);
    assertThatThrownBy(() ->
            transfers.run(
                List.of(A),
                () -> {
                  throw new IOException("cut");
                }))
        .hasMessage("cut");
    var permit = transfers.take(A);
    permit.close();
    permit.close();

    try (var next = transfers.take(A)) {
      assertThat(next).isNotNull();
      assertThatThrownBy(() -> takeInterrupted(transfers, A))
          .isInstanceOf(InterruptedIOException.class);
    }
  }

  @Test
  void anInterruptedWaitLeavesNoPlaceTaken() throws Exception {
    var transfers = new Transfers(1);
    try (var taken = transfers.take(B)) {
      assertThat(taken).isNotNull();
      var waiting = new FutureTask<>(() -> transfers.<String>run(List.of(A, B), () -> "never"));
      var thread = Thread.ofPlatform().start(waiting);
      while (thread.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      thread.interrupt();
      assertThatThrownBy(waiting::get).hasCauseInstanceOf(InterruptedIOException.class);
    }
    assertThat(transfers.<String>run(List.of(A, B), () -> "free")).isEqualTo("free");
  }

  private static void takeInterrupted(Transfers transfers, String host) throws IOException {
    Thread.currentThread().interrupt();
    try {
      transfers.take(host).close();
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
