package dev.osimage.oci.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

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

  @Test
  void nestsAtOnceDoNotWaitForEachOther() throws Exception {
    // Two outer windows fit, and so does a nest, but not two outer windows and an inner one.
    var windows = new Windows(MIB);
    var member = new String(xz(384 * 1024, Samples.PLAIN), StandardCharsets.ISO_8859_1);
    // What follows the member keeps the outer decoder from its end while the member is read.
    var more = Tars.file("more", "x".repeat(MIB));
    var nest = xz(384 * 1024, Samples.join(Tars.file("m", member), more, Tars.END));
    var begun = new AtomicInteger();
    var threads = Executors.newCachedThreadPool();
    try {
      var first = threads.submit(() -> readNest(nest, windows, begun));
      var second = threads.submit(() -> readNest(nest, windows, begun));
      assertThat(first.get(20, TimeUnit.SECONDS)).containsEntry("m", Samples.PLAIN);
      assertThat(second.get(20, TimeUnit.SECONDS)).containsEntry("m", Samples.PLAIN);
    } finally {
      threads.shutdownNow();
    }
  }

  private static Map<String, byte[]> readNest(byte[] nest, Windows windows, AtomicInteger begun)
      throws IOException {
    var reading = new Reading();
    Archive.read(
        new ByteArrayInputStream(nest),
        Map.of("m", Compression.XZ),
        DecompressionLimits.DEFAULT,
        (path, content, size) -> {
          // Here the outer window is held, and the inner one is taken by the first read.
          begun.incrementAndGet();
          while (begun.get() < 2 && windows.waiting() == 0) {
            Thread.onSpinWait();
          }
          reading.member(path, content, size);
        },
        windows);
    return reading.members;
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "ZSTD"})
  void aLargerWindowIsTakenAfterTheFormerWasGivenBack(Compression compression) throws IOException {
    var windows = new Windows(8 * MIB);
    try (var in = growing(compression, windows)) {
      in.readNBytes(Samples.PLAIN.length);
      assertThat(windows.available()).isBetween(7 * MIB, 8 * MIB - 1);
      in.readNBytes(1);
      assertThat(windows.available()).isZero();
      assertThat(in.readAllBytes()).hasSize(2 * Samples.PLAIN.length - 1).endsWith(Samples.PLAIN);
      assertThat(windows.available()).isEqualTo(8 * MIB);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "ZSTD"})
  void whoWaitsForALargerWindowHoldsNothing(Compression compression) throws Exception {
    var windows = new Windows(8 * MIB);
    var threads = Executors.newCachedThreadPool();
    var other = windows.take(MIB);
    try {
      var decoded =
          threads.submit(() -> {
            try (var in = growing(compression, windows)) {
              return in.readAllBytes();
            }
          });
      while (windows.waiting() == 0 && !decoded.isDone()) {
        Thread.onSpinWait();
      }
      assertThat(windows.available()).isEqualTo(7 * MIB);
      other.close();
      assertThat(decoded.get(20, TimeUnit.SECONDS)).hasSize(3 * Samples.PLAIN.length);
    } finally {
      threads.shutdownNow();
    }
  }

  /** One content with a window of at most a MiB, one with 8 MiB, and one with the first again. */
  private static InputStream growing(Compression compression, Windows windows) throws IOException {
    var small = compression == Compression.XZ ? xz(MIB, Samples.PLAIN) : zstd(1);
    var large = compression == Compression.XZ ? xz(8 * MIB, Samples.PLAIN) : zstd(19);
    return compression.decompress(
        new ByteArrayInputStream(Samples.join(small, large, small)),
        DecompressionLimits.DEFAULT,
        windows);
  }

  private static byte[] xz(int dictionary, byte[] content) throws IOException {
    var options = new LZMA2Options(1);
    options.setDictSize(dictionary);
    var bytes = new ByteArrayOutputStream();
    try (var out = new XZOutputStream(bytes, options)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  /** Windows of 512 KiB (level 1) or 8 MiB (level 19), as the size is not known beforehand. */
  private static byte[] zstd(int level) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new ZstdOutputStreamNoFinalizer(bytes, level)) {
      out.write(Samples.PLAIN);
      out.flush();
    }
    return bytes.toByteArray();
  }

  private static InputStream open(Compression compression, byte[] bytes) {
    try {
      return compression.decompress(new ByteArrayInputStream(bytes), DecompressionLimits.DEFAULT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
