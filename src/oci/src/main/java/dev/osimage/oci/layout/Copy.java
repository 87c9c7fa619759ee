package dev.osimage.oci.layout;

import dev.osimage.oci.Content;
import dev.osimage.oci.ContentReader;
import dev.osimage.oci.ContentWriter;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.Platform;
import dev.osimage.oci.content.ContentException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Copies a manifest with everything that belongs to it from one place to another. Bytes stay as
 * they are, and so do digests; the tag comes last, so that it never names what is not complete.
 */
public final class Copy {

  private static final int PARALLEL_BLOBS = 3;

  /**
   * What is copied with a manifest: the {@code referrers} of all that is copied, and theirs; and of
   * an index everything, or only the one manifest for {@code platform}.
   */
  public record Options(boolean referrers, @Nullable Platform platform) {

    /** The manifest or whole index, without referrers. */
    public static final Options PLAIN = new Options(false, null);

    /** The manifest or whole index, with all referrers. */
    public static final Options WITH_REFERRERS = new Options(true, null);
  }

  /**
   * What was done: the manifest that the target has now, how many manifests were written, how many
   * blobs were copied (with {@code bytes}), taken from a neighbouring repository, or there already.
   * {@code lostReferrers} are those that the source lists and does not have.
   */
  public record Result(
      Manifest manifest,
      int manifests,
      int copiedBlobs,
      int mountedBlobs,
      int skippedBlobs,
      long bytes,
      List<Digest> lostReferrers) {}

  private final ContentReader from;
  private final ContentWriter to;
  private final Set<Digest> begun = new HashSet<>();
  private final AtomicInteger copied = new AtomicInteger();
  private final AtomicInteger mounted = new AtomicInteger();
  private final AtomicInteger skipped = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  private Copy(ContentReader from, ContentWriter to) {
    this.from = from;
    this.to = to;
  }

  /**
   * Copies what a tag or digest names. Without a {@code tag} the target finds it by its digest
   * only. Throws {@link ContentException} when something is missing or damaged; then nothing is
   * tagged, and blobs that arrived are found by the next try. Layers that must not be distributed
   * are not copied.
   */
  public static Result copy(
      ContentReader from, String reference, ContentWriter to, @Nullable String tag, Options options)
      throws IOException {
    var graph = new Graph(from);
    var root = graph.add(reference, options.platform(), options.referrers());
    return new Copy(from, to).run(graph, root, tag);
  }

  private Result run(Graph graph, Manifest root, @Nullable String tag) throws IOException {
    for (var node : graph.nodes()) {
      copyBlobs(node.blobs());
      if (node.referrer() || (tag == null && node.manifest().equals(root))) {
        to.writeManifest(node.manifest());
      } else {
        to.writeUnlisted(node.manifest());
      }
    }
    if (tag != null) {
      to.tag(root, tag);
    }
    return new Result(
        root,
        graph.nodes().size(),
        copied.get(),
        mounted.get(),
        skipped.get(),
        bytes.get(),
        graph.lost());
  }

  private void copyBlobs(List<Descriptor> blobs) throws IOException {
    var missing = blobs.stream().filter(blob -> begun.add(blob.digest())).toList();
    var threads = Thread.ofPlatform().daemon().name("copy-", 0).factory();
    try (var executor = Executors.newFixedThreadPool(PARALLEL_BLOBS, threads)) {
      var tasks = new ExecutorCompletionService<@Nullable Void>(executor);
      for (var blob : missing) {
        tasks.submit(() -> {
          copyBlob(blob);
          return null;
        });
      }
      boolean finished = false;
      try {
        for (int i = 0; i < missing.size(); i++) {
          tasks.take().get();
        }
        finished = true;
      } catch (ExecutionException e) {
        throw failure(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("the copy was interrupted");
      } finally {
        if (!finished) {
          executor.shutdownNow();
        }
      }
    }
  }

  private static IOException failure(ExecutionException e) {
    return switch (e.getCause()) {
      case IOException failure -> failure;
      case RuntimeException failure -> throw failure;
      case Error failure -> throw failure;
      case null, default -> new IOException("a blob can't be copied", e);
    };
  }

  private void copyBlob(Descriptor blob) throws IOException {
    if (to.hasBlob(blob)) {
      skipped.incrementAndGet();
    } else if (to.mountBlob(blob, from)) {
      mounted.incrementAndGet();
    } else {
      to.writeBlob(blob, contentOf(blob));
      copied.incrementAndGet();
      bytes.addAndGet(blob.size());
    }
  }

  private Content contentOf(Descriptor blob) {
    return new Content() {
      @Override
      public OptionalLong size() {
        return OptionalLong.of(blob.size());
      }

      @Override
      public InputStream open() throws IOException {
        return from.blob(blob);
      }

      @Override
      public List<String> hosts() {
        return from.hosts();
      }
    };
  }
}
