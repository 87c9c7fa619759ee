package dev.osimage.oci.registry;

import dev.osimage.oci.Digest;
import dev.osimage.oci.http.RetryPolicy;

/**
 * The registry takes a blob only together with its digest, which was not known. It is now: the same
 * content can be sent with {@link #digest} expected, and {@link #size} as its length.
 */
public final class UnknownDigestException extends RuntimeException
    implements RetryPolicy.Retryable {

  private static final long serialVersionUID = 1L;

  private final transient Digest digest;
  private final long size;

  UnknownDigestException(Digest digest, long size) {
    super("the registry takes a blob only together with its digest");
    this.digest = digest;
    this.size = size;
  }

  /** The digest of the content, which was read to its end. */
  public Digest digest() {
    return digest;
  }

  /** How many bytes the content has. */
  public long size() {
    return size;
  }

  @Override
  public boolean retryable() {
    return true;
  }

  @Override
  public boolean learned() {
    return true;
  }
}
