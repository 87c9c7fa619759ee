package dev.osimage.gateway.cache;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
 * Blobs on disk, as many as fit; those that were not asked for longest go first, once it is sure
 * that another one comes. However many ask for a blob at once, it is fetched once. Those that
 * somebody reads do not go. What an earlier process has left is used again once its digest was
 * found to be right.
 */
public final class BlobCache implements AutoCloseable {

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

  private final Map<Refused, Refusal> refusals = new HashMap<>();
  private long used;

  /** What has no name any more and is about to be deleted. */
  private long leaving;

  private record Refused(Digest digest, String origin) {}

  private record Refusal(Exception why, Instant until) {}

  /** A blob with those that hold it; all fields are guarded by the cache. */
  private static final class Entry {
    private final Descriptor descriptor;
    private @Nullable Blob blob;
    private int holders;

    /** What it takes of the limit; it stays so until nobody reads it any more. */
    private long weight;

    /** It is being fetched, and has been promised room for all of it. */
    private boolean coming;

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

    /** Its file is not what it was: whoever asks next gets another one. */
    public void damaged() {
      synchronized (BlobCache.this) {
        if (entry.verified) {
          listener.damaged();
          drop(entry);
        }
      }
    }

    /** Lets it go; more than once does no harm. */
    @Override
    public void close() {
      synchronized (BlobCache.this) {
        if (open) {
          open = false;
          release(entry);
        }
      }
    }
  }

  /**
   * A cache in a folder that belongs to it alone, of at most {@code limit} bytes. What is there
   * from before is taken over. Fetches, and what else takes time, run in {@code executor}.
   *
   * @throws IOException if the folder can't be used
   */
  public BlobCache(Path folder, long limit, Executor executor, CacheListener listener, Clock clock)
      throws IOException {
    this.folder = BlobFolder.open(folder, executor);
    this.limit = limit;
    this.executor = executor;
    this.listener = listener;
    this.clock = clock;
    for (var descriptor : this.folder.blobs()) {
      var entry = new Entry(descriptor);
      entry.weight = descriptor.size();
      entries.put(descriptor.digest(), entry);
      used += entry.weight;
    }
    evict(0, 0, 0).forEach(BlobFolder::delete);
    listener.holds(used);
  }

  /**
   * A hold on a blob, which is fetched from {@code source} unless it is there or on its way.
   *
   * @param origin names the source: where one can't give a blob, another may
   * @throws IOException why it can't be had; after a failure, that one for two seconds
   */
  public synchronized Hold hold(Descriptor descriptor, String origin, BlobSource source)
      throws IOException {
    var digest = descriptor.digest();
    var refused = new Refused(digest, origin);
    var refusal = refusals.get(refused);
    if (refusal != null) {
      if (clock.instant().isBefore(refusal.until())) {
        throw new IOException(refusal.why().getMessage(), refusal.why());
      }
      refusals.remove(refused);
    }
    var entry = known(descriptor);
    if (entry == null) {
      if (descriptor.size() > limit) {
        throw new CacheFullException(
            "a blob of %d bytes does not fit into a cache of %d bytes: it has to be made larger"
                .formatted(descriptor.size(), limit));
      }
      entry = new Entry(descriptor);
      entries.put(digest, entry);
    }
    var blob = entry.blob == null ? begin(entry, refused, source) : entry.blob;
    entry.holders++;
    return new Hold(entry, blob);
  }

  /** The entry of a blob, with its file open if that was compared already. */
  private @Nullable Entry known(Descriptor descriptor) throws IOException {
    var entry = entries.get(descriptor.digest());
    if (entry == null) {
      return null;
    }
    if (entry.descriptor.size() != descriptor.size()) {
      if (entry.verified || entry.blob != null) {
        throw new IOException(
            "%s has %d bytes, and not %d"
                .formatted(descriptor.digest(), entry.descriptor.size(), descriptor.size()));
      }
      // An earlier process has left it, and it was cut short since.
      listener.damaged();
      drop(entry);
      return null;
    }
    if (entry.verified && entry.blob == null) {
      try {
        var blob = new Blob(entry.descriptor);
        blob.openedAs(folder.read(entry.descriptor));
        blob.completed();
        entry.blob = blob;
      } catch (IOException e) {
        LOG.warn("{} is not there any more: {}", descriptor.digest(), e.getMessage());
        drop(entry);
        return null;
      }
    }
    return entry;
  }

  private Blob begin(Entry entry, Refused by, BlobSource source) {
    var blob = new Blob(entry.descriptor);
    entry.blob = blob;
    // The fetch is a holder, too.
    entry.holders++;
    executor.execute(() -> fetch(entry, by, blob, source));
    return blob;
  }

  private void fetch(Entry entry, Refused by, Blob blob, BlobSource source) {
    Throwable failure = null;
    try {
      folder.fill(blob, source, (bytes, isFull) -> makeRoom(entry, bytes, isFull), listener);
    } catch (IOException | RuntimeException e) {
      failure = e;
    } catch (Error e) {
      failure = e;
      throw e;
    } finally {
      // Whatever happened: somebody may be waiting.
      end(entry, by, blob, failure);
    }
  }

  private void end(Entry entry, Refused by, Blob blob, @Nullable Throwable failure) {
    var why =
        failure == null || failure instanceof Exception
            ? (Exception) failure
            : new IOException("the gateway failed", failure);
    // Before those who wait are woken: they would look here first.
    synchronized (this) {
      entry.verified = why == null;
      entry.coming = false;
      if (why != null) {
        LOG.warn("{} can't be had: {}", entry.descriptor.digest(), why.getMessage());
        entries.remove(entry.descriptor.digest(), entry);
        refusals.values().removeIf(refusal -> !clock.instant().isBefore(refusal.until()));
        refusals.put(by, new Refusal(why, clock.instant().plus(PAUSE)));
      }
      release(entry);
    }
    if (why == null) {
      blob.completed();
    } else {
      blob.failed(why);
    }
  }

  /** Makes room for so many bytes of a blob, which are about to come. */
  private void makeRoom(Entry entry, long bytes, boolean isFull) throws CacheFullException {
    List<Path> gone;
    long size;
    synchronized (this) {
      long more = entry.descriptor.size() - entry.weight;
      // Whatever a full disk says that it has: it has not given it.
      gone = evict(more, bytes, isFull ? 0 : folder.usableSpace() + leaving - promised());
      size = gone.stream().mapToLong(BlobFolder::size).sum();
      leaving += size;
      entry.coming = true;
      entry.weight += more;
      used += more;
      listener.holds(used);
    }
    // Here, because it takes time, and before anything is written, because it has to be free.
    gone.forEach(BlobFolder::delete);
    synchronized (this) {
      leaving -= size;
    }
  }

  /** What others that are on their way will still take of the disk. */
  private long promised() {
    return entries.values().stream()
        .filter(entry -> entry.coming && entry.blob != null)
        .mapToLong(entry -> entry.descriptor.size() - entry.blob.available())
        .sum();
  }

  /**
   * Lets go what was not asked for longest until there is room for {@code more} bytes in the cache
   * and {@code bytes} on a disk that has {@code free} ones. Nothing goes if that does not help.
   *
   * @return the files, which have no names any more and still have to be deleted
   */
  private List<Path> evict(long more, long bytes, long free) throws CacheFullException {
    long over = used + more - limit;
    long missing = bytes - free;
    var going = new ArrayList<Entry>();
    long room = 0;
    for (Iterator<Entry> oldest = entries.values().iterator();
        oldest.hasNext() && room < Math.max(over, missing); ) {
      var entry = oldest.next();
      if (entry.holders == 0) {
        going.add(entry);
        room += entry.weight;
      }
    }
    if (room < over) {
      throw new CacheFullException(
          "the cache of %d bytes is full of what is being read".formatted(limit));
    }
    if (room < missing) {
      throw FullDisk.exception();
    }
    var gone = new ArrayList<Path>();
    for (var entry : going) {
      entries.remove(entry.descriptor.digest());
      listener.evicted();
      folder.putAside(entry.descriptor.digest()).ifPresent(gone::add);
      forgetWeight(entry);
    }
    return gone;
  }

  /** Forgets a blob, and deletes its file. */
  private void drop(Entry entry) {
    LOG.warn("{} was damaged on disk", entry.descriptor.digest());
    entry.verified = false;
    entries.remove(entry.descriptor.digest(), entry);
    if (entry.holders == 0) {
      discard(entry);
    } else {
      folder.delete(entry.descriptor.digest());
    }
  }

  private void discard(Entry entry) {
    folder.delete(entry.descriptor.digest());
    forgetWeight(entry);
  }

  private void forgetWeight(Entry entry) {
    used -= entry.weight;
    entry.weight = 0;
    listener.holds(used);
  }

  private void release(Entry entry) {
    entry.holders--;
    if (entry.holders > 0) {
      return;
    }
    var blob = entry.blob;
    entry.blob = null;
    boolean kept = entries.get(entry.descriptor.digest()) == entry;
    if (!kept) {
      forgetWeight(entry);
    }
    if (blob != null && kept) {
      // At once: while it is open, its room on the disk is not free when it has to go.
      blob.close();
    } else if (blob != null) {
      // The last one to close a deleted file waits for the disk.
      executor.execute(blob::close);
    }
  }

  /** Gives the folder up, for another process. */
  @Override
  public void close() throws IOException {
    folder.close();
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
      // Whoever asked for it meanwhile looks for himself.
      if (entry.blob == null && entries.get(entry.descriptor.digest()) == entry) {
        entry.verified = right;
        if (!right) {
          listener.damaged();
          drop(entry);
        }
      }
      release(entry);
    }
  }
}
