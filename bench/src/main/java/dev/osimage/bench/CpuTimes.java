package dev.osimage.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Seconds of CPU time up to a moment, as Linux counts them (proc(5)).
 *
 * @param machine of everything, in user and kernel mode
 * @param stolen what the host of a virtual machine gave to others
 * @param kernel of the kernel's own threads
 * @param own of this process and all that it started, ended ones included
 * @param others of all other processes that can be seen, with their ended children
 */
record CpuTimes(double machine, double stolen, double kernel, double own, double others) {

  private static final Path PROC = Path.of("/proc");

  /** USER_HZ, which is 100 in every Linux that Java runs on. */
  private static final double TICKS_PER_SECOND = 100;

  /** The process from which the kernel's threads descend. */
  private static final long KERNEL = 2;

  /** User, nice and system come first in the first line of {@code /proc/stat}. */
  private static final int USER = 1;

  private static final int STOLEN = 8;

  /** One line of {@code /proc/PID/stat}: {@code ticks} with those of children that have ended. */
  record Line(long pid, long parent, long ticks) {

    private static final int PARENT = 1;
    private static final int FIRST_TIME = 11;
    private static final int TIMES = 4;

    static Line parse(String stat) {
      var fields = fields(stat);
      long ticks = 0;
      for (int i = FIRST_TIME; i < FIRST_TIME + TIMES; i++) {
        ticks += Long.parseLong(fields[i]);
      }
      return new Line(
          Long.parseLong(stat.substring(0, stat.indexOf(' '))),
          Long.parseLong(fields[PARENT]),
          ticks);
    }
  }

  /** Now. */
  static CpuTimes now() {
    try (var processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      var lines = new HashMap<Long, Line>();
      for (var process : processes) {
        try {
          var line = Line.parse(Files.readString(process.resolve("stat")));
          lines.put(line.pid(), line);
        } catch (NoSuchFileException e) {
          // It ended meanwhile; its parent has its time.
        } catch (IOException e) {
          // Ended between opening and reading.
        }
      }
      return of(Files.readAllLines(PROC.resolve("stat")), lines, ProcessHandle.current().pid());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The fields of {@code /proc/PID/stat} from the third one on. */
  static String[] fields(String stat) {
    // A name is in parentheses and may hold anything, more of them included.
    return stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ", -1);
  }

  static double seconds(String ticks) {
    return Long.parseLong(ticks) / TICKS_PER_SECOND;
  }

  static CpuTimes of(List<String> stat, Map<Long, Line> processes, long self) {
    long kernel = 0;
    long own = 0;
    long others = 0;
    for (var line : processes.values()) {
      if (descends(line, KERNEL, processes)) {
        kernel += line.ticks();
      } else if (descends(line, self, processes)) {
        own += line.ticks();
      } else {
        others += line.ticks();
      }
    }
    var all = stat.getFirst().split(" +", -1);
    return new CpuTimes(
        seconds(all[USER]) + seconds(all[USER + 1]) + seconds(all[USER + 2]),
        seconds(all[STOLEN]),
        kernel / TICKS_PER_SECOND,
        own / TICKS_PER_SECOND,
        others / TICKS_PER_SECOND);
  }

  private static boolean descends(Line line, long ancestor, Map<Long, Line> processes) {
    var at = line;
    while (at != null && at.pid() != ancestor) {
      at = processes.get(at.parent());
    }
    return at != null;
  }
}
