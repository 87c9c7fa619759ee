package dev.osimage.e2e;

import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/**
 * Skips a proof, with the reason, where the cluster cannot do what it needs. JUnit finds this by
 * itself, so that no proof has to ask beforehand.
 */
public final class SkipUnsupported implements TestExecutionExceptionHandler {

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    var judged = judged(thrown);
    if (judged instanceof TestAbortedException) {
      // Maven counts it, and tells the reason to nobody but the report.
      System.err.printf(
          "SKIPPED %s.%s: %s%n",
          context.getRequiredTestClass().getSimpleName(),
          context.getRequiredTestMethod().getName(),
          judged.getMessage());
    }
    throw judged;
  }

  /** What JUnit is to see instead: a failed assumption where the cluster was the cause. */
  static Throwable judged(Throwable thrown) {
    return Stream.iterate(thrown, Objects::nonNull, Throwable::getCause)
        .filter(UnsupportedByCluster.class::isInstance)
        .findFirst()
        .<Throwable>map(cause -> new TestAbortedException(cause.getMessage(), thrown))
        .orElse(thrown);
  }
}
