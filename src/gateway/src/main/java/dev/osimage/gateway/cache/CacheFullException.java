package dev.osimage.gateway.cache;

import java.io.IOException;

/** There is no room for a blob, and nothing that could make room for it now. */
public final class CacheFullException extends IOException {

  private static final long serialVersionUID = 1L;

  CacheFullException(String message) {
    super(message);
  }
}
