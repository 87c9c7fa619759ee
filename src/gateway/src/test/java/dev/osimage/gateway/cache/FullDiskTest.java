package dev.osimage.gateway.cache;

import static dev.osimage.gateway.cache.TestSource.bytes;
import static dev.osimage.gateway.cache.TestSource.descriptor;
import static dev.osimage.gateway.cache.TestSource.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.gateway.SmallDisk;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk of 2 MiB for a cache that may have more. */
@Timeout(60)
class FullDiskTest {

  private static final int SIZE = 600_000;
  private static final byte[] A = bytes(1, SIZE);
  private static final byte[] B = bytes(2, SIZE);
  private static final byte[] LARGE = bytes(3, 2 * SIZE);
  private static final byte[] OTHER = bytes(4, 2 * SIZE);

  /** So much that it is shown: the rest comes when the disk is full. */
  private static final int BEGUN = 300_000;

  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Counts counts = new Counts();
  private SmallDisk disk;
  private BlobCache cache;

  @BeforeEach
  void begin(@TempDir Path folder) throws Exception {
    disk = SmallDisk.mount(folder, 2);
    cache = new BlobCache(disk.folder(), 1L << 30, executor, counts, Clock.systemUTC());
  }

  @AfterEach
  void end() throws Exception {
    executor.shutdownNow();
    if (cache != null) {
      cache.close();
      disk.close();
    }
  }

  private BlobCache.Hold hold(byte[] content, BlobSource source) throws Exception {
    return cache.hold(descriptor(content), "hub/os", source);
  }

  private Path file(byte[] content) {
    return disk.folder().resolve("sha256").resolve(descriptor(content).digest().hex());
  }

  @Test
  void whatHasNoRoomInTheMiddleOfAFetchIsNotKeptAndIsFetchedOnceThereIsSome() throws Exception {
    var source = TestSource.held(B);
    try (var a = hold(A, TestSource.of(A))) {
      assertThat(read(a.blob())).isEqualTo(A);
      try (var b = hold(B, source)) {
        source.give(BEGUN);
        b.blob().awaitBeyond(0);
        disk.fill(0);
        source.give(SIZE - BEGUN);

        assertThatThrownBy(() -> read(b.blob()))
            .isInstanceOf(CacheFullException.class)
            .hasMessageContaining("the disk of the gateway's cache is full: free some");
      }
      assertThat(file(B)).doesNotExist();
      assertThat(disk.folder().resolve("part")).isEmptyDirectory();
      assertThat(counts.held).hasValue(SIZE);
      assertThat(read(a.blob())).as("somebody reads it still").isEqualTo(A);
    }

    disk.free();
    // Where it failed, it is asked for again after a pause only.
    try (var b = cache.hold(descriptor(B), "another/os", TestSource.of(B))) {
      assertThat(read(b.blob())).isEqualTo(B);
    }
  }

  @Test
  void whatNobodyReadsMakesRoomAlsoInTheMiddleOfAFetch() throws Exception {
    try (var a = hold(A, TestSource.of(A))) {
      assertThat(read(a.blob())).isEqualTo(A);
    }
    var source = TestSource.held(B);
    try (var b = hold(B, source)) {
      source.give(BEGUN);
      b.blob().awaitBeyond(0);
      disk.fill(0);
      source.give(SIZE - BEGUN);

      assertThat(read(b.blob())).isEqualTo(B);
    }
    assertThat(file(A)).doesNotExist();
    assertThat(counts.evictions).hasValue(1);
    assertThat(counts.held).hasValue(SIZE);
  }

  @Test
  void whatHasBegunKeepsTheRoomForTheRestOfItAndAnotherWaits() throws Exception {
    var first = TestSource.held(LARGE);
    try (var large = hold(LARGE, first)) {
      first.give(BEGUN);
      large.blob().awaitBeyond(0);

      try (var other = hold(OTHER, TestSource.of(OTHER))) {
        assertThatThrownBy(() -> read(other.blob())).isInstanceOf(CacheFullException.class);
      }
      first.give(LARGE.length - BEGUN);
      assertThat(read(large.blob())).isEqualTo(LARGE);
    }

    try (var other = cache.hold(descriptor(OTHER), "another/os", TestSource.of(OTHER))) {
      assertThat(read(other.blob())).isEqualTo(OTHER);
    }
  }

  @Test
  void nothingGoesWhereThatWouldNotMakeRoomEnough() throws Exception {
    try (var a = hold(A, TestSource.of(A))) {
      assertThat(read(a.blob())).isEqualTo(A);
    }
    disk.fill(SIZE / 2);

    try (var large = hold(LARGE, TestSource.of(LARGE))) {
      assertThatThrownBy(() -> read(large.blob())).isInstanceOf(CacheFullException.class);
    }
    assertThat(file(A)).exists();
    assertThat(counts.evictions).hasValue(0);
  }
}
