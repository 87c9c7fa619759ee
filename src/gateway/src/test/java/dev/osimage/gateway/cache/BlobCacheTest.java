package dev.osimage.gateway.cache;

import static dev.osimage.gateway.cache.TestSource.bytes;
import static dev.osimage.gateway.cache.TestSource.descriptor;
import static dev.osimage.gateway.cache.TestSource.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Descriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BlobCacheTest {

  private static final int SIZE = 300_000;
  private static final byte[] A = bytes(1, SIZE);
  private static final byte[] B = bytes(2, SIZE);
  private static final byte[] C = bytes(3, SIZE);

  @TempDir private Path folder;

  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Counts counts = new Counts();
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-03-01T12:00:00Z"));

  @AfterEach
  void end() {
    executor.shutdownNow();
  }

  private BlobCache cache(long limit) throws IOException {
    Clock clock = InstantSource.fixed(Instant.EPOCH).withZone(ZoneOffset.UTC);
    return new BlobCache(folder, limit, executor, counts, new Moving(clock));
  }

  /** A clock that the test moves. */
  private final class Moving extends Clock {
    private final Clock zone;

    Moving(Clock zone) {
      this.zone = zone;
    }

    @Override
    public java.time.ZoneId getZone() {
      return zone.getZone();
    }

    @Override
    public Clock withZone(java.time.ZoneId zone) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Instant instant() {
      return now.get();
    }
  }

  private static byte[] get(BlobCache cache, byte[] content, BlobSource source) throws Exception {
    try (var hold = cache.hold(descriptor(content), "hub/os", source)) {
      return read(hold.blob());
    }
  }

  private Path file(byte[] content) {
    return folder.resolve("sha256").resolve(descriptor(content).digest().hex());
  }

  @Test
  void howeverManyAskABlobIsFetchedOnce() throws Exception {
    var cache = cache(10 * SIZE);
    var source = TestSource.held(A);
    var holds = new ArrayList<BlobCache.Hold>();
    for (int i = 0; i < 100; i++) {
      holds.add(cache.hold(descriptor(A), "hub/os", source));
    }
    source.give(SIZE);

    for (var hold : holds) {
      assertThat(read(hold.blob())).isEqualTo(A);
      hold.close();
    }
    assertThat(get(cache, A, source)).isEqualTo(A);
    assertThat(source.fetches()).isEqualTo(1);
    assertThat(counts.held).hasValue(SIZE);
  }

  @Test
  void whatHasComeIsShownButNotTheEndBeforeTheDigestIsKnown() throws Exception {
    var source = TestSource.held(A);
    try (var hold = cache(10 * SIZE).hold(descriptor(A), "hub/os", source)) {
      source.give(262_144);
      hold.blob().awaitBeyond(100_000);
      assertThat(hold.blob().available()).isEqualTo(SIZE - Blob.HELD_BACK);

      assertThat(hold.blob().isComplete()).isFalse();
      source.give(SIZE - 262_144);
      assertThat(read(hold.blob())).isEqualTo(A);
    }
  }

  @Test
  void ofWrongBytesNothingIsKeptAndNobodyHasThemAll() throws Exception {
    var cache = cache(10 * SIZE);
    var wrong = A.clone();
    wrong[SIZE - 1] ^= 1;
    try (var hold = cache.hold(descriptor(A), "hub/os", TestSource.of(wrong))) {
      hold.blob().awaitEnd();
      assertThat(hold.blob().failure()).isPresent();
      assertThat(hold.blob().available()).isLessThan(SIZE);
    }
    assertThat(file(A)).doesNotExist();
    assertThat(folder.resolve("part")).isEmptyDirectory();
    assertThat(counts.held).hasValue(0);

    assertThatThrownBy(() -> get(cache, A, TestSource.of(A)))
        .as("not all who waited ask at once")
        .isInstanceOf(IOException.class);
    now.updateAndGet(time -> time.plus(Duration.ofSeconds(2)));
    assertThat(get(cache, A, TestSource.of(A))).isEqualTo(A);
  }

  @Test
  void whatWasNotAskedForLongestMakesRoom() throws Exception {
    var cache = cache(2 * SIZE);
    get(cache, A, TestSource.of(A));
    get(cache, B, TestSource.of(B));
    get(cache, A, TestSource.of(A));
    get(cache, C, TestSource.of(C));

    assertThat(file(A)).exists();
    assertThat(file(B)).doesNotExist();
    assertThat(file(C)).exists();
    assertThat(counts.evictions).hasValue(1);
    assertThat(counts.held).hasValue(2 * SIZE);
  }

  @Test
  void whatIsBeingReadStays() throws Exception {
    var cache = cache(2 * SIZE);
    try (var a = cache.hold(descriptor(A), "hub/os", TestSource.of(A));
        var b = cache.hold(descriptor(B), "hub/os", TestSource.of(B))) {
      assertThat(read(a.blob())).isEqualTo(A);
      assertThat(read(b.blob())).isEqualTo(B);
      assertThatThrownBy(() -> get(cache, C, TestSource.of(C)))
          .isInstanceOf(CacheFullException.class);
      assertThat(read(a.blob())).isEqualTo(A);
    }
    now.updateAndGet(time -> time.plus(Duration.ofSeconds(2)));
    assertThat(get(cache, C, TestSource.of(C))).isEqualTo(C);
  }

  @Test
  void nothingGoesForWhatDoesNotCome() throws Exception {
    var cache = cache(SIZE);
    get(cache, A, TestSource.of(A));

    assertThatThrownBy(() ->
            get(
                cache,
                B,
                blob -> {
                  throw new IOException("the registry is gone");
                }))
        .hasMessageContaining("the registry is gone");
    assertThat(get(cache, A, TestSource.held(A))).isEqualTo(A);
  }

  @Test
  void whereOneSourceFailsAnotherMayBeAsked() throws Exception {
    var cache = cache(10 * SIZE);
    try (var hold = cache.hold(descriptor(A), "bad/os", TestSource.of(B))) {
      hold.blob().awaitEnd();
    }

    assertThatThrownBy(() -> cache.hold(descriptor(A), "bad/os", TestSource.of(A)))
        .isInstanceOf(IOException.class);
    assertThat(get(cache, A, TestSource.of(A))).isEqualTo(A);
  }

  @Test
  void aFetchThatEndsBadlyEndsForThoseWhoWait() throws Exception {
    try (var hold =
        cache(SIZE)
            .hold(
                descriptor(A),
                "hub/os",
                blob -> {
                  throw new AssertionError("as bad as it gets");
                })) {
      hold.blob().awaitEnd();
      assertThat(hold.blob().failure()).isPresent();
    }
  }

  @Test
  void aFolderHasOneOwner() throws Exception {
    var first = cache(SIZE);

    assertThatThrownBy(() -> cache(SIZE)).isInstanceOf(Exception.class);
    first.close();
    cache(SIZE).close();
  }

  @Test
  void whatTurnsOutToBeDamagedIsFetchedAgain() throws Exception {
    var cache = cache(10 * SIZE);
    get(cache, A, TestSource.of(A));
    try (var hold = cache.hold(descriptor(A), "hub/os", TestSource.of(A))) {
      hold.damaged();
    }

    var again = TestSource.of(A);
    assertThat(get(cache, A, again)).isEqualTo(A);
    assertThat(again.fetches()).isEqualTo(1);
  }

  @Test
  void whatWillNeverFitSaysWhatToChange() {
    assertThatThrownBy(() -> cache(SIZE - 1).hold(descriptor(A), "hub/os", TestSource.of(A)))
        .isInstanceOf(CacheFullException.class)
        .hasMessageContaining("has to be made larger");
  }

  @Test
  void anotherProcessTakesOverWhatIsRightAndFetchesAnewWhatIsNot() throws Exception {
    var first = cache(10 * SIZE);
    for (var content : new byte[][] {A, B, C}) {
      get(first, content, TestSource.of(content));
    }
    var damaged = B.clone();
    damaged[7] ^= 1;
    Files.write(file(B), damaged);
    Files.write(file(C), new byte[7]);
    Files.createFile(folder.resolve("part/left"));

    first.close();
    var second = cache(10 * SIZE);
    var a = TestSource.of(A);
    var b = TestSource.of(B);
    assertThat(get(second, A, a)).isEqualTo(A);
    assertThat(get(second, B, b)).isEqualTo(B);
    assertThat(a.fetches()).isZero();
    assertThat(b.fetches()).isEqualTo(1);
    assertThat(counts.damages).hasValue(1);
    assertThat(folder.resolve("part/left")).doesNotExist();
    assertThat(get(second, C, TestSource.of(C))).as("cut short").isEqualTo(C);
    assertThat(counts.damages).hasValue(2);
  }

  @Test
  void aLowerLimitHoldsFromTheStart() throws Exception {
    var first = cache(10 * SIZE);
    get(first, A, TestSource.of(A));
    get(first, B, TestSource.of(B));

    first.close();
    cache(SIZE).close();

    assertThat(counts.held).hasValue(SIZE);
    assertThat(file(A)).doesNotExist();
    assertThat(file(B)).exists();
  }

  @Test
  void aFileThatSomebodyDeletedIsFetchedAgain() throws Exception {
    var cache = cache(10 * SIZE);
    get(cache, A, TestSource.of(A));
    Files.delete(file(A));

    assertThat(get(cache, A, TestSource.of(A))).isEqualTo(A);
  }

  @Test
  void theSameDigestWithAnotherSizeIsRefused() throws Exception {
    var cache = cache(10 * SIZE);
    get(cache, A, TestSource.of(A));
    var lie = new Descriptor("application/octet-stream", descriptor(A).digest(), SIZE - 1);

    assertThatThrownBy(() -> cache.hold(lie, "hub/os", TestSource.of(A)))
        .isInstanceOf(IOException.class);
    try (var hold = cache.hold(descriptor(A), "hub/os", TestSource.of(A))) {
      assertThat(hold.blob().isComplete()).isTrue();
      assertThatThrownBy(() -> cache.hold(lie, "hub/os", TestSource.of(A)))
          .as("while somebody reads it")
          .isInstanceOf(IOException.class);
    }
  }
}
