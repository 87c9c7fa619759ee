package dev.osimage.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Seconds of CPU that one running process used so far, without its children. */
record ProcessTimes(double user, double system) {

  private static final double KIB_PER_MIB = 1024;

  /** Now. */
  static ProcessTimes of(long pid) {
    try {
      var fields = CpuTimes.fields(Files.readString(Path.of("/proc/%d/stat".formatted(pid))));
      return new ProcessTimes(CpuTimes.seconds(fields[11]), CpuTimes.seconds(fields[12]));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The most MiB that a process had resident so far. */
  static double peakMib(long pid) throws IOException {
    return mib(pid, "VmHWM:");
  }

  /** The MiB that a process has resident now. */
  static double residentMib(long pid) throws IOException {
    return mib(pid, "VmRSS:");
  }

  private static double mib(long pid, String field) throws IOException {
    return Files.readAllLines(Path.of("/proc/%d/status".formatted(pid))).stream()
        .filter(line -> line.startsWith(field))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / KIB_PER_MIB)
        .findFirst()
        .orElseThrow();
  }

  /** Both together. */
  double cpu() {
    return user + system;
  }
}
