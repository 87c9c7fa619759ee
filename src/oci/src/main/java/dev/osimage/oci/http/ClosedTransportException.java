package dev.osimage.oci.http;

import java.io.IOException;

/** The transport was closed: whoever waits for an answer is to give up. */
public final class ClosedTransportException extends IOException {

  private static final long serialVersionUID = 1L;

  ClosedTransportException() {
    super("the work was ended");
  }
}
