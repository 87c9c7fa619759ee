package dev.osimage.operator.osimage;

import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.oci.Repository;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Which OsImage a tag belongs to: the one that has published it longest, as long as it still wants
 * it. Before anybody did, the first to publish wins: {@link BuildQueue} lets no two try at once.
 */
final class TagOwners {

  /** Name of the index of {@link #owned} over all OsImages. */
  static final String INDEX = "owned-tags";

  private final Function<String, List<OsImage>> owners;

  /** {@code owners} are the OsImages by {@link #owned}. */
  TagOwners(Function<String, List<OsImage>> owners) {
    this.owners = owners;
  }

  /** {@code repository:tag} of everything that an OsImage published and wants. */
  static List<String> owned(OsImage image) {
    var status = image.getStatus();
    if (status == null || status.artifact() == null) {
      return List.of();
    }
    var published = status.artifact();
    // Whatever somebody wrote into a status, or had in one of an older version.
    if (published.reference() == null || published.tags() == null || lost(status)) {
      return List.of();
    }
    return wanted(image).stream()
        .filter(tag ->
            published.reference().startsWith(repository(image) + "@")
                && published.tags().contains(tag))
        .map(tag -> key(image, tag))
        .toList();
  }

  /** Who has lost its tags owns none, although it published them once. */
  private static boolean lost(OsImageStatus status) {
    return status.effectiveConditions().stream()
        .anyMatch(condition ->
            condition.type().equals(Condition.READY)
                && condition.reason().equals(Reason.TAG_CONFLICT.text()));
  }

  /** Why this OsImage can't have one of its tags, as a sentence; empty when it can have all. */
  Optional<String> conflict(OsImage image) {
    return wanted(image).stream().flatMap(tag -> conflict(image, tag).stream()).findFirst();
  }

  private Optional<String> conflict(OsImage image, String tag) {
    return owners.apply(key(image, tag)).stream()
        .min(Comparator.comparing(TagOwners::since).thenComparing(TagOwners::uid))
        .filter(owner -> !uid(owner).equals(uid(image)))
        .map(owner ->
            "the tag %s of %s is published by %s: give one of them another tag, or delete the other"
                .formatted(tag, repository(image), name(owner, image)));
  }

  private static String name(OsImage owner, OsImage image) {
    var namespace = image.getMetadata().getNamespace();
    // What others have in their namespaces is nobody's business here.
    return namespace.equals(owner.getMetadata().getNamespace())
        ? "the OsImage " + owner.getMetadata().getName()
        : "an OsImage of another namespace";
  }

  /** RFC 3339 in UTC, which sorts as text. */
  private static String since(OsImage owner) {
    return Optional.ofNullable(owner.getStatus().artifact())
        .map(artifact -> artifact.tagsSince() == null ? artifact.builtAt() : artifact.tagsSince())
        .orElse("");
  }

  private static String uid(OsImage image) {
    return image.getMetadata().getUid();
  }

  private static List<String> wanted(OsImage image) {
    return image.getSpec().destination().effectiveTags();
  }

  /** In one form for all, where it has one. */
  private static String repository(OsImage image) {
    var text = image.getSpec().destination().repository();
    try {
      return Repository.parse(text).toString();
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  private static String key(OsImage image, String tag) {
    return repository(image) + ":" + tag;
  }
}
