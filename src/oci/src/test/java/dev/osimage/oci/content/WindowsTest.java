package dev.osimage.oci.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class WindowsTest {

  private static final int MIB = 1 << 20;

  @AfterEach
  void everythingIsGivenBack() {
    assertThat(Windows.ofProcess().available()).isEqualTo(Windows.BYTES);
  }

  @Test
  void anXzDecoderHoldsItsDictionaryUntilItIsClosed() throws IOException {
    var in = open(Compression.XZ, Samples.read("plain.xz"));
    assertThat(in.read()).isEqualTo('1');
    assertThat(Windows.ofProcess().available()).isEqualTo(Windows.BYTES - 128 * 1024);
    in.close();
    assertThat(Windows.ofProcess().available()).isEqualTo(Windows.BYTES);
    in.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "ZSTD"})
  void aDecoderGivesItsWindowBackAtTheEnd(Compression compression) throws IOException {
    try (var in = open(compression, Samples.compressed(compression))) {
      assertThat(in.read()).isEqualTo('1');
      assertThat(Windows.ofProcess().available()).isLessThan(Windows.BYTES);
      in.readAllBytes();
      assertThat(Windows.ofProcess().available()).isEqualTo(Windows.BYTES);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "ZSTD"})
  void aDecoderGivesItsWindowBackWhenItFails(Compression compression) throws IOException {
    var cut = Arrays.copyOf(Samples.compressed(compression), 200);
    try (var in = open(compression, cut)) {
      assertThatThrownBy(in::readAllBytes).isInstanceOf(ContentException.class);
      assertThat(Windows.ofProcess().available()).isEqualTo(Windows.BYTES);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "ZSTD"})
  void aDecoderWaitsForItsWindow(Compression compression) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var begun = new CountDownLatch(1);
      Future<byte[]> decoded;
      try (var all = Windows.ofProcess().take(Windows.BYTES)) {
        assertThat(all).isNotNull();
        decoded =
            threads.submit(() -> {
              begun.countDown();
              try (var in = open(compression, Samples.compressed(compression))) {
                return in.readAllBytes();
              }
            });
        begun.await();
        assertThat(decoded.isDone()).isFalse();
      }
      assertThat(decoded.get()).isEqualTo(Samples.PLAIN);
    }
  }

  @Test
  void waitingForAWindowCanBeInterrupted() throws IOException {
    try (var all = Windows.ofProcess().take(Windows.BYTES)) {
      assertThat(all).isNotNull();
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> open(Compression.XZ, Samples.read("plain.xz")).read())
          .isInstanceOf(InterruptedIOException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void manyDecodersAtOnceAllFinish() throws Exception {
    // Each needs 4 MiB, so not all of them have room at once.
    var compressed = Samples.compress(Compression.XZ, Samples.PLAIN);
    var results = new ArrayList<Future<byte[]>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 40; i++) {
        results.add(
            threads.submit(() -> {
              try (var in = open(Compression.XZ, compressed)) {
                return in.readAllBytes();
              }
            }));
      }
    }
    for (var result : results) {
      assertThat(result.get()).isEqualTo(Samples.PLAIN);
    }
  }

  @Test
  void archivesOfCompressedMembersAtOnceAllFinish() throws Exception {
    var tar = Samples.join(Tars.file("m.xz", Samples.text("plain.xz")), Tars.END);
    var archive = Samples.compress(Compression.XZ, tar);
    var results = new ArrayList<Future<byte[]>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 20; i++) {
        results.add(
            threads.submit(() -> {
              var reading = new Reading();
              Archive.read(
                  new ByteArrayInputStream(archive),
                  Map.of("m.xz", Compression.XZ),
                  DecompressionLimits.DEFAULT,
                  reading);
              return reading.members.get("m.xz");
            }));
      }
    }
    for (var result : results) {
      assertThat(result.get()).isEqualTo(Samples.PLAIN);
    }
  }

  @Test
  void aNestThatNeedsMoreThanThereIsIsRefusedAndDoesNotWait() throws IOException {
    try (var whole = Windows.ofProcess().take(Windows.BYTES)) {
      var nest = whole.divided();
      try (var outer = nest.take(40 * MIB);
          var inner = nest.take(24 * MIB)) {
        assertThat(outer).isNotSameAs(inner);
        assertThatThrownBy(() -> nest.take(1024))
            .isInstanceOf(ContentException.class)
            .hasMessageContaining("compress only one of them");
      }
      assertThat(nest.available()).isEqualTo(Windows.BYTES);
    }
  }

  private static InputStream open(Compression compression, byte[] bytes) {
    try {
      return compression.decompress(new ByteArrayInputStream(bytes), DecompressionLimits.DEFAULT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
