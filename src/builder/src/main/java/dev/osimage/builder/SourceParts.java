package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BootHeader;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.image.BuildStep;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.BuilderLine.PublishedPart;
import dev.osimage.image.FinishedPart;
import dev.osimage.image.PartName;
import dev.osimage.oci.Digest;
import dev.osimage.oci.DigestMismatchException;
import dev.osimage.oci.content.Archive;
import dev.osimage.oci.content.Compression;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.content.DecompressionLimits;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import dev.osimage.oci.registry.PendingBlob;
import dev.osimage.oci.registry.RegistryClient;
import dev.osimage.oci.registry.UnknownDigestException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.apache.commons.io.input.CloseShieldInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the parts that are made of one source into the registry. The source is read once for all
 * of them, and nothing becomes visible before it has been read to its end and its digest is right.
 */
final class SourceParts {

  private static final Logger LOG = LoggerFactory.getLogger(SourceParts.class);

  private final BuildPlan plan;
  private final int index;
  private final List<PlannedPart> parts;

  /** Where the source may be: mirrors first, its own URL last. */
  private final Deque<Source> places;

  private final Destination destination;
  private final RegistryClient registry;
  private final HttpTransport http;
  private final RetryPolicy retries;
  private final Transfer.Meter meter;
  private final Consumer<BuilderLine> lines;

  /** Digests that a try has found out and the next one needs beforehand. */
  private final Map<PartName, UnknownDigestException> learned = new EnumMap<>(PartName.class);

  private final Map<PartName, PublishedPart> published = new EnumMap<>(PartName.class);

  SourceParts(
      BuildPlan plan,
      int index,
      List<Source> places,
      Destination destination,
      HttpTransport http,
      RetryPolicy retries,
      Transfer.Meter meter,
      Consumer<BuilderLine> lines) {
    this.plan = plan;
    this.index = index;
    this.parts = plan.parts().stream().filter(part -> part.source() == index).toList();
    this.places = new ArrayDeque<>(places);
    this.destination = destination;
    this.registry = destination.registry();
    this.http = http;
    this.retries = retries;
    this.meter = meter;
    this.lines = lines;
  }

  /** Sends what the registry has not; a {@link BuildFailure} or a registry's failure otherwise. */
  Map<PartName, PublishedPart> send() {
    try {
      return destination.patiently(() ->
          retries.run(number -> {
            findPresent();
            var missing = missing();
            if (!missing.isEmpty()) {
              destination.prepare();
            }
            while (!missing.isEmpty()) {
              sendOnce(oneForEachPath(missing));
              missing = missing();
            }
            return published;
          }));
    } catch (SourceException e) {
      throw e.failure();
    } catch (ContentException e) {
      throw new BuildFailure(
          BuildStep.DECOMPRESS, Reason.INVALID_CONTENT, names() + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new BuildFailure(
          BuildStep.SOURCE,
          Reason.SOURCE_UNAVAILABLE,
          names() + ": the source can't be read: " + e.getMessage(),
          e);
    }
  }

  private String names() {
    return String.join(", ", parts.stream().map(part -> part.name().text()).toList());
  }

  private List<PlannedPart> missing() {
    return parts.stream().filter(part -> !published.containsKey(part.name())).toList();
  }

  /** An answer that was lost may have been a success, so this is asked before every try. */
  private void findPresent() throws IOException {
    for (var part : missing()) {
      var earlier = plan.finishedBefore(part);
      var digest = earlier.map(FinishedPart::digest).orElse(part.digest());
      var size = digest == null ? OptionalLong.empty() : registry.blobSize(digest);
      boolean same = earlier.isEmpty() || size.equals(OptionalLong.of(earlier.get().size()));
      if (digest != null && size.isPresent() && same) {
        check(part, () -> registry.blobStart(digest, BootHeader.LENGTH));
        LOG.info("{} is in the registry already", part.name().text());
        published(part, digest, size.getAsLong());
      }
    }
    if (missing().isEmpty()) {
      meter.skip(published.values().stream().mapToLong(PublishedPart::size).sum());
    }
  }

  private void published(PlannedPart part, Digest digest, long size) {
    published.put(part.name(), new PublishedPart(part.name(), part.mediaType(), digest, size));
    plan.finished(part, digest, size)
        .ifPresent(done -> lines.accept(new BuilderLine.PartDone(part.name(), done)));
  }

  /** Two parts may take one file of the archive and treat it differently: one of them waits. */
  private static Map<String, PlannedPart> oneForEachPath(List<PlannedPart> parts) {
    var chosen = new LinkedHashMap<String, PlannedPart>();
    parts.forEach(part -> chosen.putIfAbsent(part.path() == null ? "" : part.path(), part));
    return chosen;
  }

  /** A mirror that was no use is not asked again, whatever else goes wrong later. */
  private void sendOnce(Map<String, PlannedPart> wanted) throws IOException {
    for (boolean sent = false; !sent; ) {
      try {
        sendFrom(places.getFirst(), wanted);
        sent = true;
      } catch (UselessMirrorException e) {
        places.removeFirst();
        // It may have been learned of other bytes.
        learned.clear();
        LOG.warn("{}; going on with {}", e.getMessage(), places.getFirst());
      }
    }
  }

  private void sendFrom(Source place, Map<String, PlannedPart> wanted) throws IOException {
    var hosts = new ArrayList<>(place.hosts());
    hosts.addAll(registry.hosts());
    http.transfers()
        .run(
            hosts,
            () -> {
              var pending = new ArrayList<PendingPart>();
              try {
                tryToRead(place, wanted, pending);
                for (var part : pending) {
                  commit(part.blob());
                  published(part.part(), part.blob().digest(), part.blob().size());
                  LOG.info("{}: {} bytes", part.part().name().text(), part.blob().size());
                }
              } finally {
                pending.forEach(part -> part.blob().close());
              }
              return pending;
            });
  }

  /** Here as well, so that what has been sent is not sent again with other credentials. */
  private void commit(PendingBlob blob) throws IOException {
    destination.patiently(() -> {
      blob.commit();
      return blob;
    });
  }

  private record PendingPart(PlannedPart part, PendingBlob blob) {}

  /** Whatever is wrong at a place is no matter as long as there is another one. */
  private void tryToRead(Source place, Map<String, PlannedPart> wanted, List<PendingPart> pending)
      throws IOException {
    try {
      read(place, wanted, pending);
    } catch (IOException | BuildFailure e) {
      if (places.size() == 1 || isAtItsEnd(e)) {
        throw e;
      }
      throw new UselessMirrorException(
          "the mirror %s is no use: %s".formatted(place, e.getMessage()), e);
    }
  }

  /** Whether a build fails because it was stopped: no other place is any better then. */
  private static boolean isAtItsEnd(Exception failure) {
    return Thread.currentThread().isInterrupted()
        || (failure instanceof SourceException e && e.failure().reason() == Reason.BUILD_TIMEOUT);
  }

  private static final class UselessMirrorException extends IOException {

    private static final long serialVersionUID = 1L;

    UselessMirrorException(String message, Exception cause) {
      super(message, cause);
    }
  }

  private void read(Source place, Map<String, PlannedPart> wanted, List<PendingPart> pending)
      throws IOException {
    var expected = plan.sources().get(index).digest();
    try (var opened = place.open()) {
      var counted = meter.count(opened.bytes(), opened.length());
      var whole = wanted.get("");
      if (whole != null && whole.compression() == Compression.NONE) {
        // The registry client compares the digest itself.
        pending.add(upload(whole, counted, opened.length()));
        return;
      }
      var hashed = new DigestInputStream(counted, Digest.sha256());
      try {
        transform(wanted, hashed, pending);
      } catch (ContentException | BuildFailure | UnknownDigestException e) {
        // What comes out wrong is often something else that lies at the source by now; and what
        // was learned of wrong bytes would be sent.
        checkSource(hashed, expected);
        throw e;
      }
      checkSource(hashed, expected);
    }
  }

  private void transform(
      Map<String, PlannedPart> wanted, InputStream bytes, List<PendingPart> pending)
      throws IOException {
    // What is left of the source is read, and hashed, after the decoders are done with it.
    var shielded = CloseShieldInputStream.wrap(bytes);
    var whole = wanted.get("");
    if (whole != null) {
      try (var content = whole.compression().decompress(shielded, DecompressionLimits.DEFAULT)) {
        pending.add(upload(whole, content, OptionalLong.empty()));
      }
      return;
    }
    var compressions = new LinkedHashMap<String, Compression>();
    wanted.forEach((path, part) -> compressions.put(path, part.compression()));
    Archive.read(
        shielded,
        compressions,
        DecompressionLimits.DEFAULT,
        (path, content, size) -> {
          var part = wanted.get(path);
          if (part != null) {
            pending.add(upload(part, content, size));
          }
        });
  }

  private void checkSource(DigestInputStream bytes, @Nullable Digest expected) throws IOException {
    bytes.transferTo(OutputStream.nullOutputStream());
    var actual = Digest.finish(bytes.getMessageDigest());
    if (expected != null && !expected.equals(actual)) {
      throw new BuildFailure(
          BuildStep.SOURCE,
          Reason.DIGEST_MISMATCH,
          "%s: the bytes at %s have digest %s, http.digest expects %s; correct the digest or the file"
              .formatted(names(), places.size() == 1 ? "http.url" : "a mirror", actual, expected));
    }
  }

  private PendingPart upload(PlannedPart part, InputStream bytes, OptionalLong length)
      throws IOException {
    var content = new BufferedInputStream(bytes, BootHeader.LENGTH);
    // Before an upload begins: a decoder may have to wait for its memory.
    var start = peek(content);
    check(part, () -> start);
    var known = learned.get(part.name());
    try {
      return new PendingPart(
          part,
          known == null
              ? registry.upload(content, length, part.digest())
              : registry.upload(content, OptionalLong.of(known.size()), known.digest()));
    } catch (UnknownDigestException e) {
      learned.put(part.name(), e);
      throw e;
    } catch (DigestMismatchException e) {
      learned.remove(part.name());
      throw new BuildFailure(
          BuildStep.SOURCE,
          Reason.DIGEST_MISMATCH,
          "%s: expected %s, found %s (%d bytes); correct the digest or the file"
              .formatted(part.name().text(), e.expected(), e.actual(), e.size()));
    }
  }

  private interface Start {
    byte[] read() throws IOException;
  }

  private void check(PlannedPart part, Start start) throws IOException {
    if (!part.checkHeader()) {
      return;
    }
    BootHeader.problem(part.name(), plan.architecture(), start.read())
        .ifPresent(problem -> {
          throw new BuildFailure(
              BuildStep.CHECK,
              Reason.NOT_BOOTABLE,
              "%s %s; correct the file or spec.architecture (bootCheck: \"Off\" publishes anything)"
                  .formatted(part.name().text(), problem));
        });
  }

  private static byte[] peek(InputStream content) throws IOException {
    content.mark(BootHeader.LENGTH);
    var start = content.readNBytes(BootHeader.LENGTH);
    content.reset();
    return start;
  }
}
