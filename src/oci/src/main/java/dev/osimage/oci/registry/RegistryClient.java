package dev.osimage.oci.registry;

import dev.osimage.oci.Content;
import dev.osimage.oci.ContentReader;
import dev.osimage.oci.ContentWriter;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.DigestMismatchException;
import dev.osimage.oci.ImageIndex;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.Repository;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.registry.RegistryConnection.Way;
import dev.osimage.oci.registry.UploadHabits.Step;
import dev.osimage.oci.registry.UploadMode.Chunks;
import dev.osimage.oci.registry.UploadMode.Stream;
import dev.osimage.oci.registry.UploadMode.Whole;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * A client of one repository in one registry (OCI distribution-spec 1.1). What the registry can do
 * is found out by using it. Methods block; whatever the registry does that it should not, once
 * trying again is no use, is a {@link RegistryException}. Safe for use by several threads.
 */
public final class RegistryClient implements ContentReader, ContentWriter {

  /** Smaller blobs are not worth several requests. */
  private static final int RANGES_FROM = 64 * 1024 * 1024;

  private final RegistryConnection registry;
  private final UploadHabits habits = new UploadHabits();
  private final Manifests manifests;
  private final BlobReads blobs;
  private final Referrers referrers;
  private final Deletions deletions;

  /** A client for {@code repository}. */
  public RegistryClient(HttpTransport http, Repository repository, RegistrySettings settings) {
    this(http, repository, settings, RANGES_FROM);
  }

  RegistryClient(
      HttpTransport http, Repository repository, RegistrySettings settings, int rangesFrom) {
    this.registry = new RegistryConnection(http, repository, settings);
    this.manifests = new Manifests(registry);
    this.blobs = new BlobReads(registry, rangesFrom);
    this.referrers = new Referrers(registry, manifests);
    this.deletions = new Deletions(registry, manifests, this);
  }

  /** The repository that this is a client of. */
  public Repository repository() {
    return registry.repository();
  }

  @Override
  public List<String> hosts() {
    return List.of(registry.host());
  }

  /** The size of a blob in bytes, empty when the repository does not have it. */
  public OptionalLong blobSize(Digest digest) {
    return registry.retrying(number -> blobs.size(digest));
  }

  /**
   * Finds out whether blobs may be pushed, before anybody goes to the trouble of getting one: an
   * upload is begun and taken back. A {@link RegistryException} says why not.
   */
  public void checkPush() {
    registry.retrying(number -> {
      BlobSession.open(registry).cancel();
      return number;
    });
  }

  /** At most the first {@code limit} bytes of a blob. */
  public byte[] blobStart(Digest digest, int limit) {
    return registry.retrying(number -> blobs.start(digest, limit));
  }

  @Override
  public boolean hasBlob(Descriptor blob) {
    return blobSize(blob.digest()).equals(OptionalLong.of(blob.size()));
  }

  /** {@inheritDoc} A cut connection is taken up again where it was cut. */
  @Override
  public InputStream blob(Descriptor blob) throws IOException {
    return blobs.open(blob);
  }

  /**
   * Fetches a blob into a file, a big one in several ranges at once. The file appears under its
   * name when it is complete and its digest is right, and replaces one that is there.
   *
   * @throws IOException if writing failed, or the content is not what the descriptor promises
   */
  public void pullBlob(Descriptor blob, Path file) throws IOException {
    blobs.pull(blob, file);
  }

  /**
   * Uploads a blob and returns its size. The source is opened once for each try. The blob is
   * committed only when its digest is {@code expected}; otherwise the upload is dropped and {@link
   * DigestMismatchException} thrown.
   *
   * @throws IOException if reading {@code content} failed
   */
  public long pushBlob(Digest expected, Content content) throws IOException {
    return registry
        .retries()
        .run(number -> {
          // The answer that was lost may have been a success.
          var present = number == 1 ? OptionalLong.empty() : blobs.size(expected);
          return present.isPresent() ? present.getAsLong() : pushOnce(expected, content);
        });
  }

  private long pushOnce(Digest expected, Content content) throws IOException {
    var hosts = new ArrayList<>(content.hosts());
    hosts.add(registry.host());
    return registry
        .http()
        .transfers()
        .run(
            hosts,
            () -> {
              try (var source = content.open();
                  var blob = upload(source, content.size(), expected)) {
                blob.commit();
                return blob.size();
              }
            });
  }

  @Override
  public void writeBlob(Descriptor blob, Content content) throws IOException {
    long size = pushBlob(blob.digest(), content);
    if (size != blob.size()) {
      throw registry.protocol(
          "uploading blob " + blob.digest(), size + " bytes where " + blob.size() + " belong");
    }
  }

  /**
   * Sends the content of a blob in one try, without making it visible. {@code length} is the number
   * of bytes where it is known; {@code expected} the digest, without which some registries answer
   * with {@link UnknownDigestException}. A failure that says {@code learned} is to be tried again
   * at once with the same content.
   *
   * @throws DigestMismatchException if the content has another digest than expected
   * @throws IOException if reading {@code content} failed
   */
  public PendingBlob upload(InputStream content, OptionalLong length, @Nullable Digest expected)
      throws IOException {
    var mode = habits.mode();
    try (var body = new HashingPipe(content)) {
      if (mode instanceof Whole && expected == null) {
        body.copy(Long.MAX_VALUE, (bytes, count) -> {});
        throw new UnknownDigestException(body.digest(), body.bytes());
      }
      var session = BlobSession.open(registry);
      boolean done = false;
      try {
        send(mode, session, body, length, expected);
        body.expectEnd();
        var digest = body.digest();
        if (expected != null && !expected.equals(digest)) {
          throw new DigestMismatchException(expected, digest, body.bytes());
        }
        done = true;
        return new PendingBlob(this, session, mode, digest, body.bytes());
      } catch (RegistryException e) {
        body.throwReadFailure();
        throw judged(mode, body, length, expected, e);
      } finally {
        if (!done) {
          session.cancel();
        }
      }
    }
  }

  private RuntimeException judged(
      UploadMode mode,
      HashingPipe body,
      OptionalLong length,
      @Nullable Digest expected,
      RegistryException failure)
      throws IOException {
    if (mode instanceof Whole && expected != null && failure.status() == 400 && body.ended()) {
      var digest = body.digest();
      if (!digest.equals(expected)) {
        // The registry found it out before we could compare.
        return new DigestMismatchException(expected, digest, body.bytes());
      }
    }
    if (habits.learn(mode, Step.CONTENT, length.isPresent(), failure)) {
      return RegistryFailure.learned(failure);
    }
    return UploadHabits.lostSession(failure) ? RegistryFailure.passing(failure) : failure;
  }

  private static void send(
      UploadMode mode,
      BlobSession session,
      HashingPipe body,
      OptionalLong length,
      @Nullable Digest expected)
      throws IOException {
    switch (mode) {
      case Stream any -> session.stream(body, length);
      case Chunks chunks -> session.chunks(body, length, chunks.size());
      case Whole any -> {
        if (expected != null) {
          session.whole(body, length, expected);
        }
      }
    }
  }

  void commit(BlobSession session, UploadMode mode, Digest digest) {
    try {
      registry.retrying(number -> {
        if (number == 1 || blobs.size(digest).isEmpty()) {
          session.commit(digest);
        }
        return digest;
      });
      habits.succeeded();
    } catch (RegistryException e) {
      // What refuses a request that was sent again may be that the first one was a success.
      if (e.kind() == RegistryException.Kind.REFUSED && blobs.size(digest).isPresent()) {
        return;
      }
      if (habits.learn(mode, Step.COMMIT, true, e)) {
        throw RegistryFailure.learned(e);
      }
      // A session that is gone after a failure means the same as the failure.
      boolean gone = e.status() == 404 || e.status() == 416 || UploadHabits.lostSession(e);
      throw gone ? RegistryFailure.passing(e) : e;
    }
  }

  /**
   * Lets the registry take a blob from another of its repositories (distribution-spec, "Mounting a
   * blob"). Returns whether it did; it may always refuse.
   */
  public boolean mountBlob(Digest digest, Repository from) {
    if (!from.host().equals(repository().host()) || from.equals(repository())) {
      return false;
    }
    var doing = "mounting blob " + digest;
    var url =
        registry
            .url("blobs", "uploads", "")
            .newBuilder()
            .addEncodedQueryParameter("mount", "sha256%3A" + digest.hex())
            .addQueryParameter("from", from.path())
            .build();
    var request = new Request.Builder().url(url).post(RequestBody.create(new byte[0], null));
    var scopes = registry.push().and(Scopes.pull(from.path()));
    try (var response = registry.send(request.build(), Way.DIRECT, scopes, doing)) {
      if (response.code() == 202) {
        BlobSession.of(registry, response, doing).cancel();
      }
      return response.code() == 201;
    } catch (RegistryException e) {
      // It would only have saved an upload.
      return false;
    }
  }

  @Override
  public boolean mountBlob(Descriptor blob, ContentReader from) {
    return from instanceof RegistryClient other && mountBlob(blob.digest(), other.repository());
  }

  @Override
  public Optional<Manifest> manifest(String reference) {
    return registry.retrying(number -> manifests.get(reference));
  }

  /**
   * {@inheritDoc} A manifest with a {@code subject} becomes one of the subject's referrers, also
   * where the registry has no API for them; see {@link #writeReferrers}.
   */
  @Override
  public void writeManifest(Manifest manifest) {
    if (subject(manifest).isPresent()) {
      writeReferrers(List.of(manifest));
    } else {
      manifests.put(manifest, manifest.digest().toString());
    }
  }

  @Override
  public void tag(Manifest manifest, String tag) {
    manifests.put(manifest, tag);
  }

  /**
   * Writes manifests that have one and the same {@code subject}. Where the registry has no
   * referrers API, all are added at once to the index under the subject's fallback tag
   * (distribution-spec, "Referrers Tag Schema"). Writers in this process and on this machine wait
   * for each other; a writer elsewhere that comes at the same moment is noticed and merged with,
   * but as registries can't compare and swap, a loss stays possible.
   */
  public void writeReferrers(List<Manifest> manifests) {
    var subjects = manifests.stream().map(RegistryClient::subject).distinct().toList();
    if (subjects.size() != 1 || subjects.getFirst().isEmpty()) {
      throw new IllegalArgumentException("the manifests must have one subject");
    }
    manifests.forEach(manifest -> this.manifests.put(manifest, manifest.digest().toString()));
    referrers.added(subjects.getFirst().get(), manifests);
  }

  private static Optional<Digest> subject(Manifest manifest) {
    var subject =
        manifest.isIndex()
            ? ImageIndex.parse(manifest.bytes()).subject()
            : ImageManifest.parse(manifest.bytes()).subject();
    return Optional.ofNullable(subject).map(Descriptor::digest);
  }

  /** {@inheritDoc} At most 1000; artifact types are read from the manifests, not from the list. */
  @Override
  public List<Descriptor> referrers(Digest subject) {
    return referrers.of(subject);
  }

  /**
   * Deletes a manifest and, in most registries, all its tags (distribution-spec, "Deleting
   * Manifests"); returns whether it was there. A {@link RegistryException} of kind {@code
   * UNSUPPORTED} says that this registry does not delete.
   */
  public boolean deleteManifest(Digest digest) {
    return deletions.manifest(digest);
  }

  /**
   * Removes a tag if it names this manifest, which stays with its other tags; returns whether it
   * did. A registry that deletes by digest only sees the tag on an empty manifest for a moment,
   * which is deleted; where that was cut short, the same call again ends it. As registries can't
   * compare and swap, a tag that somebody else sets between the look and the deletion is lost, not
   * what it named. A {@link RegistryException} of kind {@code UNSUPPORTED} says that this registry
   * does not delete, and that the tag is as it was.
   */
  public boolean untag(String tag, Digest digest) {
    return deletions.untag(tag, digest);
  }

  static void checkDigest(
      RegistryConnection registry, Response response, Digest digest, String doing) {
    var stored = response.header("Docker-Content-Digest");
    if (stored != null && !stored.equals(digest.toString())) {
      throw registry.protocol(doing, "digest " + stored + " instead of " + digest);
    }
  }

  /** For log lines: the repository, without credentials. */
  @Override
  public String toString() {
    return registry.base().toString();
  }
}
