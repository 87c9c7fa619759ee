package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.observed;
import static dev.osimage.operator.osimage.Examples.running;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.joran.spi.JoranException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.osimage.api.OsImageStatus;
import io.javaoperatorsdk.operator.processing.MDCUtils;
import java.io.File;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

/** A log line of the container image tells of which object and of which build it speaks. */
class LogContextTest {

  private static final File CONFIGURATION = new File("../src/container/logback.xml");

  /** What a log statement prints now. */
  private static JsonNode line() throws JoranException {
    var context = new LoggerContext();
    context.setMDCAdapter(MDC.getMDCAdapter());
    var configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(CONFIGURATION);
    var logger = context.getLogger(Logger.ROOT_LOGGER_NAME);
    var event = new LoggingEvent("", logger, Level.INFO, "hello", null, new Object[0]);
    if (logger.getAppender("json") instanceof ConsoleAppender<?> appender) {
      @SuppressWarnings("unchecked")
      var console = (ConsoleAppender<LoggingEvent>) appender;
      return Examples.json(new String(console.getEncoder().encode(event), StandardCharsets.UTF_8));
    }
    throw new IllegalStateException("no appender json in " + CONFIGURATION);
  }

  @Test
  void aLineNamesObjectAndBuild() throws JoranException {
    var attempt = attempt(A, 1, 1, running());
    var status =
        Report.status(
            image(A, 1),
            observed(A, 1, OsImageStatus.empty(), attempt),
            new Decision.Wait(attempt),
            Chore.Nothing.EVER);
    MDCUtils.addResourceInfo(image(A, 1));
    try (var _ = LogContext.of(status)) {
      assertThat(line().at("/mdc/resource.namespace").asText()).isEqualTo("images");
      assertThat(line().at("/mdc/resource.name").asText()).isEqualTo("debian");
      assertThat(line().at("/mdc/build").asText()).isEqualTo(attempt.job());
      assertThat(line().at("/formattedMessage").asText()).isEqualTo("hello");
    } finally {
      MDCUtils.removeResourceInfo();
    }
    assertThat(line().at("/mdc/build").isMissingNode()).isTrue();
  }

  @Test
  void anObjectWithoutBuildHasNone() throws JoranException {
    try (var _ = LogContext.of(OsImageStatus.empty())) {
      assertThat(line().at("/mdc/build").isMissingNode()).isTrue();
    }
  }
}
