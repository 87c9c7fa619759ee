package dev.osimage.gateway.cache;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blobs on disk, as many as fit; those that were not asked for longest go first. However many ask
 * for a blob at once, it is fetched once. Those that somebody reads do not go. What an earlier
 * process has left is used again once its digest was found to be right.
 */
public final class BlobCache {

  private static final Logger LOG = LoggerFactory.getLogger(BlobCache.class);

  /** Not all of those that wait for a blob ask for it again as soon as a fetch has failed. */
  private static final Duration PAUSE = Duration.ofSeconds(2);

  private final BlobFolder folder;
  private final long limit;
  private final Executor executor;
  private final CacheListener listener;
  private final Clock clock;

  /** The one that was not asked for longest comes first. */
  private final Map<Digest, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  private final Map<Digest, Refusal> refusals = new HashMap<>();
  private long used;

  private record Refusal(Exception why, Instant until) {}

  /** A blob with those that hold it; all fields are guarded by the cache. */
  private static final class Entry {
    private final Descriptor descriptor;
    private @Nullable Blob blob;
    private int holders;

    /** This process has compared it with its digest. */
    private boolean verified;

    Entry(Descriptor descriptor) {
      this.descriptor = descriptor;
    }
  }

  /** Somebody's hold on a blob, which keeps it in the cache until it is closed. */
  public final class Hold implements AutoCloseable {

    private final Entry entry;
    private final Blob blob;
    private boolean open = true;

    private Hold(Entry entry, Blob blob) {
      this.entry = entry;
      this.blob = blob;
    }

    /** The blob that is held. */
    public Blob blob() {
      return blob;
    }

    /** Lets it go; more than once does no harm. */
    @Override
    public void close() {
      synchronized (BlobCache.this) {
        if (open) {
          open = false;
          release(entry, blob);
        }
      }
    }
  }

  /**
   * A cache in a folder that belongs to it alone, of at most {@code limit} bytes. What is there
   * from before is taken over. Fetches run in {@code executor}.
   *
   * @throws IOException if the folder can't be used
   */
  public BlobCache(Path folder, long limit, Executor executor, CacheListener listener, Clock clock)
      throws IOException {
    this.folder = BlobFolder.open(folder);
    this.limit = limit;
    this.executor = executor;
    this.listener = listener;
    this.clock = clock;
    for (var descriptor : this.folder.blobs()) {
      entries.put(descriptor.digest(), new Entry(descriptor));
      used += descriptor.size();
    }
    makeRoom(0);
    listener.holds(used);
  }

  /**
   * A hold on a blob, which is fetched from {@code source} unless it is there or on its way.
   *
   * @throws IOException why it can't be had; after a failure, that one for two seconds
   */
  public synchronized Hold hold(Descriptor descriptor, BlobSource source) throws IOException {
    var digest = descriptor.digest();
    var refusal = refusals.get(digest);
    if (refusal != null) {
      if (clock.instant().isBefore(refusal.until())) {
        throw new IOException(refusal.why().getMessage(), refusal.why());
      }
      refusals.remove(digest);
    }
    var entry = entries.get(digest);
    if (entry != null && entry.descriptor.size() != descriptor.size()) {
      throw new IOException(
          "%s has %d bytes, and not %d"
              .formatted(digest, entry.descriptor.size(), descriptor.size()));
    }
    if (entry == null) {
      makeRoom(descriptor.size());
      entry = new Entry(descriptor);
      entries.put(digest, entry);
      used += descriptor.size();
      listener.holds(used);
    }
    if (entry.blob == null) {
      entry.blob = entry.verified ? reopened(entry) : null;
    }
    var blob = entry.blob == null ? begin(entry, source) : entry.blob;
    entry.holders++;
    return new Hold(entry, blob);
  }

  /** Compares every blob that an earlier process has left with its digest, one by one. */
  public void scrub() throws InterruptedException {
    List<Entry> left;
    synchronized (this) {
      left = List.copyOf(entries.values());
    }
    for (var entry : left) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      scrub(entry);
    }
  }

  private void scrub(Entry entry) {
    synchronized (this) {
      if (entry.verified || entry.blob != null || !entries.containsValue(entry)) {
        return;
      }
      entry.holders++;
    }
    boolean right = folder.isRight(entry.descriptor);
    synchronized (this) {
      entry.holders--;
      // Whoever asked for it meanwhile has looked for himself.
      if (entry.blob == null) {
        entry.verified = right;
        if (!right) {
          listener.damaged();
          LOG.warn("{} was damaged on disk", entry.descriptor.digest());
          folder.delete(entry.descriptor.digest());
          forget(entry);
        }
      }
    }
  }

  private @Nullable Blob reopened(Entry entry) {
    try {
      var blob = new Blob(entry.descriptor);
      blob.openedAs(folder.read(entry.descriptor));
      blob.completed();
      return blob;
    } catch (IOException e) {
      LOG.warn("{} is not there any more: {}", entry.descriptor.digest(), e.getMessage());
      entry.verified = false;
      return null;
    }
  }

  private Blob begin(Entry entry, BlobSource source) {
    var blob = new Blob(entry.descriptor);
    entry.blob = blob;
    // The fetch is a holder, too.
    entry.holders++;
    executor.execute(() -> {
      try {
        folder.fill(blob, source, listener);
        end(entry, blob, null);
      } catch (IOException | RuntimeException e) {
        LOG.warn("{} can't be had: {}", entry.descriptor.digest(), e.getMessage());
        end(entry, blob, e);
      }
    });
    return blob;
  }

  private void end(Entry entry, Blob blob, @Nullable Exception failure) {
    // Before those who wait are woken: they would look here first.
    synchronized (this) {
      entry.verified = failure == null;
      if (failure != null) {
        forget(entry);
        refusals.values().removeIf(refusal -> !clock.instant().isBefore(refusal.until()));
        refusals.put(entry.descriptor.digest(), new Refusal(failure, clock.instant().plus(PAUSE)));
      }
    }
    if (failure == null) {
      blob.completed();
    } else {
      blob.failed(failure);
    }
    synchronized (this) {
      release(entry, blob);
    }
  }

  private void forget(Entry entry) {
    if (entries.remove(entry.descriptor.digest(), entry)) {
      used -= entry.descriptor.size();
      listener.holds(used);
    }
  }

  private void release(Entry entry, Blob blob) {
    entry.holders--;
    if (entry.holders == 0) {
      entry.blob = null;
      try {
        blob.close();
      } catch (IOException e) {
        LOG.warn("{} can't be closed: {}", entry.descriptor.digest(), e.getMessage());
      }
    }
  }

  private void makeRoom(long size) throws CacheFullException {
    if (size > limit) {
      throw new CacheFullException(
          "a blob of %d bytes does not fit into a cache of %d bytes: it has to be made larger"
              .formatted(size, limit));
    }
    for (Iterator<Entry> oldest = entries.values().iterator();
        used + size > limit && oldest.hasNext(); ) {
      var entry = oldest.next();
      if (entry.holders == 0) {
        oldest.remove();
        used -= entry.descriptor.size();
        folder.delete(entry.descriptor.digest());
        listener.evicted();
      }
    }
    if (used + size > limit) {
      throw new CacheFullException(
          "the cache of %d bytes is full of what is being read".formatted(limit));
    }
  }
}
