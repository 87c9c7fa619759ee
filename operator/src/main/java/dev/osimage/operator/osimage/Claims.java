package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.OsImage;
import dev.osimage.api.Published;
import dev.osimage.image.BuildPlan;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;

/** What OsImages name in registries: none of it is taken away because another object is done. */
final class Claims {

  /** Name of the index of {@link #of} over all OsImages. */
  static final String INDEX = "claims";

  private final Function<String, List<OsImage>> claimants;

  /** {@code claimants} are the OsImages by {@link #of}. */
  Claims(Function<String, List<OsImage>> claimants) {
    this.claimants = claimants;
  }

  /**
   * {@code repository@digest} and {@code repository:contentTag} of all that the status names,
   * {@code repository:tag} of what is published now, and the uid.
   */
  static List<String> of(OsImage image) {
    var contents =
        named(image).flatMap(artifact -> Stream.of(artifact.reference(), contentTag(artifact)));
    var names = Stream.concat(contents, TagOwners.owned(image).stream());
    return Stream.concat(Stream.of(image.getMetadata().getUid()), names).toList();
  }

  /** What is published now, then what was, newest first. */
  static Stream<Artifact> named(OsImage image) {
    var status = Observer.status(image);
    return Stream.concat(
            Stream.ofNullable(status.artifact()),
            status.effectiveHistory().stream().map(Published::artifact))
        // Whatever somebody wrote into a status.
        .filter(Objects::nonNull)
        .filter(artifact -> artifact.reference() != null && artifact.reference().contains("@"))
        .filter(artifact -> artifact.inputsHash() != null && artifact.inputsHash().length() > 16);
  }

  /** {@code repository:contentTag} of an artifact. */
  static String contentTag(Artifact artifact) {
    return repository(artifact.reference()) + ":" + BuildPlan.contentTag(artifact.inputsHash());
  }

  static String repository(String reference) {
    return reference.substring(0, Math.max(0, reference.indexOf('@')));
  }

  /**
   * Whether the index knows this object, and so the others. An operator that ends forgets all of
   * them while its last looks are still going on: what nobody seems to claim then may be claimed.
   */
  boolean know(OsImage image) {
    return !claimants.apply(image.getMetadata().getUid()).isEmpty();
  }

  /** Whether an OsImage other than this one names it. */
  boolean byAnother(OsImage image, String claim) {
    return claimants.apply(claim).stream()
        .anyMatch(other -> !other.getMetadata().getUid().equals(image.getMetadata().getUid()));
  }
}
