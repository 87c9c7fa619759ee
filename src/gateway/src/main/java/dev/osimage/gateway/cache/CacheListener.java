package dev.osimage.gateway.cache;

/** Is told what a cache does, to count it. */
public interface CacheListener {

  /** The cache takes so many bytes now. */
  void holds(long bytes);

  /** A blob went to make room for others. */
  void evicted();

  /** A fetch from its source begins. */
  void fetching();

  /** So many bytes have come from a source. */
  void fetched(long bytes);

  /** A blob on disk was not what its name says. */
  void damaged();
}
