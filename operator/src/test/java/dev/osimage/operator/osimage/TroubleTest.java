package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.published;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Boot;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.operator.status.Conditions;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a status says while the operator can't go on. */
class TroubleTest {

  private static final Condition URLS =
      new Conditions(List.of(), 2, NOW).bootUrls(true, Reason.BOOT_URLS_REACHABLE, "all");

  /** Of an artifact of the generation before, with URLs that can be reached. */
  private static OsImageStatus served() {
    var status = published(A, 1, 1);
    Boot boot = Objects.requireNonNull(status.boot());
    return status.with(boot, List.of(URLS));
  }

  @Test
  void aQuotaThatRefusesTheJobIsNoDefectOfOurs() {
    var status =
        Report.trouble(
            OsImageStatus.empty(),
            1,
            NOW,
            "jobs.batch \"a\" is forbidden: exceeded quota: small, requested: count/jobs.batch=1");

    assertThat(status.effectiveConditions())
        .extracting(Condition::reason)
        .containsOnly("QuotaExceeded");
    assertThat(Report.trouble(OsImageStatus.empty(), 1, NOW, "x").effectiveConditions())
        .extracting(Condition::reason)
        .containsOnly("InternalError");
  }

  @Test
  void thatMachinesCanBootTheOldArtifactSettlesNothing() {
    assertThat(Report.isSettled(served(), 2)).isFalse();
  }

  @Test
  void whatIsServedStaysSaid() {
    var status = Report.trouble(served(), 2, NOW, "the API server does not answer");

    assertThat(status.effectiveConditions()).contains(URLS).hasSize(3);
  }
}
