package dev.osimage.oci.http;

import java.io.IOException;

/** A server redirects to where this client does not go; trying again does not change it. */
public final class RedirectException extends IOException {

  private static final long serialVersionUID = 1L;

  RedirectException(String message) {
    super(message);
  }
}
