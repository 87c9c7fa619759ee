package dev.osimage.bench;

import dev.osimage.api.Architecture;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildPlan.PlannedDestination;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.image.PlannedNetwork;
import dev.osimage.image.PlannedSource;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;

/** The builder as a process of its own, with the plan that an operator would give to it. */
record BuilderSide(Workplace place, List<PlannedSource> sources, List<PlannedPart> parts)
    implements Side {

  private static final String PLAN = "run/plan.json";
  private static final String INPUTS = "be".repeat(32);
  private static final long TIMEOUT_SECONDS = 3600;

  @Override
  public Usage run(Stage stage) throws IOException {
    var json = plan(stage);
    Files.write(place.path(PLAN), json);
    return place.time(command(Digest.of(json).toString()));
  }

  @Override
  public String command(Stage stage) {
    return command("sha256:…").toString();
  }

  private static Command command(String digest) {
    return Java.builder(PLAN, digest, "run/termination", "run/mounts");
  }

  private byte[] plan(Stage stage) {
    return Wire.write(
        new BuildPlan(
            BuildPlan.VERSION,
            Architecture.AMD64,
            INPUTS,
            new BuildPlan.Config(Races.CONFIG_TYPE, Races.CONFIG, Map.of()),
            sources,
            parts,
            Map.of(),
            new PlannedDestination(
                Repository.parse(stage.repository()), List.of(Stage.TAG), true, null, null),
            PlannedNetwork.PLAIN,
            TIMEOUT_SECONDS,
            0,
            List.of()));
  }
}
