package dev.osimage.gateway.cache;

import java.util.concurrent.atomic.AtomicLong;

/** Counts what a cache does. */
final class Counts implements CacheListener {
  final AtomicLong held = new AtomicLong();
  final AtomicLong evictions = new AtomicLong();
  final AtomicLong damages = new AtomicLong();

  @Override
  public void holds(long bytes) {
    held.set(bytes);
  }

  @Override
  public void evicted() {
    evictions.incrementAndGet();
  }

  @Override
  public void fetching() {}

  @Override
  public void fetched(long bytes) {}

  @Override
  public void damaged() {
    damages.incrementAndGet();
  }
}
