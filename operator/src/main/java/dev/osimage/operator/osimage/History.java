package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.Durations;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Published;
import dev.osimage.api.Retired;
import dev.osimage.image.BuildPlan;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What was published before, as far as the spec wants it to be kept. */
final class History {

  private final Observed observed;
  private final Artifact now;
  private final List<Published> earlier;

  /** What was before {@code now}, which the object publishes. */
  History(Observed observed, OsImageStatus before, Artifact now) {
    this.observed = observed;
    this.now = now;
    this.earlier = earlier(before, now);
  }

  /** Newest first, without what is the same as what is published. */
  private static List<Published> earlier(OsImageStatus before, Artifact now) {
    var all = new ArrayList<>(before.effectiveHistory());
    if (before.artifact() != null && before.parts() != null) {
      all.addFirst(
          new Published(
              before.artifact(),
              before.parts(),
              before.boot() == null ? null : before.boot().commandLine()));
    }
    var references = new HashSet<>(Set.of(now.reference()));
    return all.stream().filter(it -> references.add(it.artifact().reference())).toList();
  }

  /** The earlier artifacts that are kept, newest first. */
  List<Published> kept() {
    return earlier.stream()
        .filter(this::isYoung)
        .limit(observed.spec().effectiveHistory())
        .toList();
  }

  private boolean isYoung(Published published) {
    var retention = observed.spec().retention();
    var maxAge = retention == null ? null : retention.maxAge();
    return maxAge == null
        || Chores.time(published.artifact().builtAt())
            .orElse(Instant.EPOCH)
            .plus(Durations.parseLong(maxAge))
            .isAfter(observed.now());
  }

  /**
   * The artifacts whose content tags are to be removed: those of before, and what is no longer
   * kept; but nothing that is named again.
   */
  List<Retired> retired(@Nullable List<Retired> before) {
    if (observed.spec().retention() == null) {
      return List.of();
    }
    var kept = kept();
    var named =
        Stream.concat(Stream.of(now), kept.stream().map(Published::artifact))
            .map(Claims::contentTag)
            .collect(Collectors.toSet());
    return Stream.concat(
            earlier.stream()
                .filter(published -> !kept.contains(published))
                .map(published -> retired(published.artifact())),
            before == null ? Stream.empty() : before.stream())
        .distinct()
        .filter(retired ->
            !named.contains(Claims.repository(retired.reference()) + ":" + retired.contentTag()))
        .limit(OsImageStatus.MAX_RETIRED)
        .toList();
  }

  private static Retired retired(Artifact artifact) {
    return new Retired(artifact.reference(), BuildPlan.contentTag(artifact.inputsHash()));
  }
}
