package dev.osimage.gateway.web;

import dev.osimage.gateway.cache.CacheListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What machines asked for and registries gave. docs/metrics.md lists all. */
public final class WebMetrics implements CacheListener {

  private final MeterRegistry registry;
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicLong held = new AtomicLong();
  private final Counter sent;
  private final Counter fetches;
  private final Counter fetched;
  private final Counter evictions;
  private final Counter damages;

  /** Counts into {@code registry}. */
  public WebMetrics(MeterRegistry registry) {
    this.registry = registry;
    sent = Counter.builder("osimage.gateway.sent").baseUnit("bytes").register(registry);
    fetches = Counter.builder("osimage.gateway.fetches").register(registry);
    fetched = Counter.builder("osimage.gateway.fetched").baseUnit("bytes").register(registry);
    evictions = Counter.builder("osimage.gateway.evictions").register(registry);
    damages = Counter.builder("osimage.gateway.damaged.files").register(registry);
    Gauge.builder("osimage.gateway.cache", held::get).baseUnit("bytes").register(registry);
    Gauge.builder("osimage.gateway.active.requests", active::get).register(registry);
  }

  void begun() {
    active.incrementAndGet();
  }

  void ended(int status) {
    active.decrementAndGet();
    Counter.builder("osimage.gateway.requests")
        .tag("code", String.valueOf(status))
        .register(registry)
        .increment();
  }

  void sent(long bytes) {
    sent.increment((double) bytes);
  }

  @Override
  public void holds(long bytes) {
    held.set(bytes);
  }

  @Override
  public void evicted() {
    evictions.increment();
  }

  @Override
  public void fetching() {
    fetches.increment();
  }

  @Override
  public void fetched(long bytes) {
    fetched.increment((double) bytes);
  }

  @Override
  public void damaged() {
    damages.increment();
  }
}
