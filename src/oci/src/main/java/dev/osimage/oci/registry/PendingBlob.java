package dev.osimage.oci.registry;

import dev.osimage.oci.Digest;

/**
 * A blob whose bytes have been sent and which the registry does not show yet: what it has turned
 * out to be is known now, and {@link #commit} or {@link #close} decides. Closing one that was not
 * committed lets the registry forget it.
 */
public final class PendingBlob implements AutoCloseable {

  private final RegistryClient client;
  private final BlobSession session;
  private final UploadMode mode;
  private final Digest digest;
  private final long size;
  private boolean committed;

  PendingBlob(
      RegistryClient client, BlobSession session, UploadMode mode, Digest digest, long size) {
    this.client = client;
    this.session = session;
    this.digest = digest;
    this.size = size;
    // A blob that was sent with the closing request is there already.
    this.committed = mode instanceof UploadMode.Whole;
    this.mode = mode;
  }

  /** The digest of what was sent. */
  public Digest digest() {
    return digest;
  }

  /** How many bytes were sent. */
  public long size() {
    return size;
  }

  /** Makes the blob visible. A failure that may pass means that the blob has to be sent again. */
  public void commit() {
    if (!committed) {
      client.commit(session, mode, digest);
      committed = true;
    }
  }

  @Override
  public void close() {
    if (!committed) {
      session.cancel();
    }
  }
}
