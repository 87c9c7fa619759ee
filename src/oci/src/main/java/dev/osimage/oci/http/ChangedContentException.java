package dev.osimage.oci.http;

import java.io.IOException;

/** The content at a URL became another one while it was read: it has to be read anew. */
public final class ChangedContentException extends IOException implements RetryPolicy.Retryable {

  private static final long serialVersionUID = 1L;

  ChangedContentException() {
    super("the content changed while it was read");
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
