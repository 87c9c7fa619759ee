package dev.osimage.operator.runtime;

import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The process itself: whether it leads, and the usual of processor, memory, threads, files. */
public final class ProcessMetrics {

  private ProcessMetrics() {}

  /** Adds them to a registry; {@code leads} tells whether this is the replica that works. */
  public static void bindTo(MeterRegistry registry, BooleanSupplier leads) {
    Gauge.builder("osimage.leader", () -> leads.getAsBoolean() ? 1 : 0).register(registry);
    process(registry);
    var memory = ManagementFactory.getMemoryMXBean();
    memory("heap", memory::getHeapMemoryUsage, registry);
    memory("nonheap", memory::getNonHeapMemoryUsage, registry);
    var threads = ManagementFactory.getThreadMXBean();
    Gauge.builder("jvm.threads", threads::getThreadCount).register(registry);
    for (var collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      FunctionTimer.builder(
              "jvm.gc.collection",
              collector,
              GarbageCollectorMXBean::getCollectionCount,
              GarbageCollectorMXBean::getCollectionTime,
              TimeUnit.MILLISECONDS)
          .tag("gc", collector.getName())
          .register(registry);
    }
  }

  private static void process(MeterRegistry registry) {
    var runtime = ManagementFactory.getRuntimeMXBean();
    Gauge.builder("process.start.time", () -> runtime.getStartTime() / 1e3)
        .baseUnit("seconds")
        .register(registry);
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      FunctionCounter.builder("process.cpu", unix, bean -> bean.getProcessCpuTime() / 1e9)
          .baseUnit("seconds")
          .register(registry);
      Gauge.builder("process.open.fds", unix::getOpenFileDescriptorCount).register(registry);
      Gauge.builder("process.max.fds", unix::getMaxFileDescriptorCount).register(registry);
    }
  }

  private static void memory(String area, Supplier<MemoryUsage> usage, MeterRegistry registry) {
    Gauge.builder("jvm.memory.used", () -> usage.get().getUsed())
        .baseUnit("bytes")
        .tag("area", area)
        .register(registry);
    // -1 where there is no limit, as the virtual machine says it.
    Gauge.builder("jvm.memory.max", () -> usage.get().getMax())
        .baseUnit("bytes")
        .tag("area", area)
        .register(registry);
  }
}
