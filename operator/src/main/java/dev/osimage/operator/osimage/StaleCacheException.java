package dev.osimage.operator.osimage;

/** The caches do not show yet what the API server has: look again in a moment. */
final class StaleCacheException extends RuntimeException {

  private static final long serialVersionUID = 1L;
}
