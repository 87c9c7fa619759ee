package dev.osimage.builder;

import static dev.osimage.builder.Workbench.bytes;
import static dev.osimage.builder.Workbench.inline;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildPlan.PlannedDestination;
import dev.osimage.image.BuildStep;
import dev.osimage.image.PartName;
import dev.osimage.oci.faults.Fault;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether a build may push is known before the first byte of a source is read. */
@Timeout(60)
class PushRightsTest {

  private static final String CONFIG = "{\"commandLine\":\"ro\"}";

  private final Workbench bench;

  PushRightsTest(@TempDir Path folder) throws IOException {
    bench = new Workbench(folder);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private BuildPlan plan() {
    return bench.plan(
        bench.fetched(PartName.KERNEL, "a kernel"), bench.fetched(PartName.ROOTFS, "a root"));
  }

  private static BuildPlan to(FaultRegistry registry, BuildPlan plan) {
    return Workbench.to(
        new PlannedDestination(registry.repository(), List.of("1"), true, "push", null), plan);
  }

  /**
   * Registries show what everybody, or a reader, may see: that the config is there proves nothing.
   */
  static Stream<List<Fault>> registriesThatOnlyLetRead() {
    return Stream.of(
        List.of(Quirk.BASIC, Quirk.READ_ONLY),
        List.of(Quirk.BEARER, Quirk.READ_ONLY),
        List.of(Quirk.BEARER, Quirk.READ_ONLY, Quirk.SCOPE_403),
        List.of(Quirk.BEARER, Quirk.READ_ONLY, Quirk.ANONYMOUS_PULL));
  }

  @ParameterizedTest
  @MethodSource("registriesThatOnlyLetRead")
  void whoMayOnlyReadFindsItOutBeforeAnySourceIsAsked(List<Fault> faults) throws IOException {
    bench.mount("push", Map.of("username", FaultRegistry.USER, "password", FaultRegistry.PASSWORD));
    for (boolean configIsThere : new boolean[] {false, true}) {
      try (var registry = FaultRegistry.start(faults.toArray(Fault[]::new))) {
        if (configIsThere) {
          registry.addBlob(bytes(CONFIG));
        }
        var run = bench.run(to(registry, plan()));

        assertThat(run.termination().reason()).isEqualTo(Reason.CREDENTIALS_REFUSED);
        assertThat(run.termination().step()).isEqualTo(BuildStep.CREDENTIALS);
        assertThat(run.termination().message())
            .startsWith("the registry does not ")
            .contains("push to " + registry.repository());
        assertThat(bench.sourceRequests()).isZero();
        assertThat(registry.count(Step.UPLOAD_PATCH)).isZero();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void aRefusalEndsTheBuildBeforeAnySourceIsAsked(int status) {
    bench.registry.add(CONFIG);
    bench.registry.answer("POST blobs/uploads", FakeRegistry.error(status, "DENIED", "no"));
    var run = bench.run(plan());

    assertThat(run.termination().reason()).isEqualTo(Reason.CREDENTIALS_MISSING);
    assertThat(bench.sourceRequests()).isZero();
  }

  @Test
  void theUploadThatIsBegunForItIsTakenBack() {
    bench.registry.add(CONFIG);

    assertThat(bench.run(plan()).exitCode()).isZero();
    assertThat(bench.registry.requests("POST")).as("once, and for each part").hasSize(3);
    assertThat(bench.registry.requests("DELETE")).hasSize(1);
    assertThat(bench.registry.requests("PATCH")).hasSize(2);
  }

  @Test
  void aConfigThatIsPushedProvesItAsWell() {
    assertThat(bench.run(plan()).exitCode()).isZero();
    assertThat(bench.registry.requests("POST")).as("config and parts").hasSize(3);
    assertThat(bench.registry.requests("DELETE")).isEmpty();
  }

  @Test
  void nothingIsAskedWhereNothingHasToBeSent() {
    bench.registry.add(CONFIG);
    bench.registry.add("root");
    var run = bench.run(bench.plan(inline(PartName.ROOTFS, "root")));

    assertThat(run.exitCode()).isZero();
    assertThat(bench.registry.requests("POST")).isEmpty();
  }
}
