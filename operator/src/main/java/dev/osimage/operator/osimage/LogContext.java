package dev.osimage.operator.osimage;

import dev.osimage.api.OsImageStatus;
import org.slf4j.MDC;

/** The build that is spoken of, in every log line while this is open; the SDK adds the object. */
final class LogContext implements AutoCloseable {

  private static final String BUILD = "build";

  private LogContext() {}

  static LogContext of(OsImageStatus status) {
    var build = status.build();
    if (build != null) {
      MDC.put(BUILD, build.job());
    }
    return new LogContext();
  }

  @Override
  public void close() {
    MDC.remove(BUILD);
  }
}
