package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Artifact;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TagOwnersTest {

  private static final String FIRST = "2026-01-01T00:00:00Z";
  private static final String LATER = "2026-01-02T00:00:00Z";

  private final List<OsImage> all = new ArrayList<>();
  private final TagOwners owners =
      new TagOwners(
          key -> all.stream().filter(image -> TagOwners.owned(image).contains(key)).toList());

  private OsImage image(String namespace, String name, OsImageSpec spec) {
    var image = Examples.image(spec, 1);
    image.getMetadata().setNamespace(namespace);
    image.getMetadata().setName(name);
    image.getMetadata().setUid(namespace + "/" + name);
    all.add(image);
    return image;
  }

  private static void published(OsImage image, String builtAt) {
    var destination = image.getSpec().destination();
    var reference = destination.repository() + "@sha256:" + "a".repeat(64);
    var artifact =
        new Artifact(
            reference,
            "sha256:",
            1,
            destination.effectiveTags(),
            1,
            builtAt,
            "",
            "",
            null,
            builtAt);
    var draft = new StatusDraft(OsImageStatus.empty());
    draft.artifact = artifact;
    image.setStatus(draft.status());
  }

  @Test
  void whoPublishedFirstKeepsTheTagAndTheOtherIsToldByWhom() {
    var first = image("images", "first", A);
    var second = image("images", "second", A);
    published(first, FIRST);

    assertThat(owners.conflict(first)).isEmpty();
    assertThat(owners.conflict(second).orElseThrow())
        .isEqualTo(
            "the tag 1592.1-amd64 of registry.example.com/os/debian is published by the OsImage"
                + " first: give one of them another tag, or delete the other");

    published(second, LATER);
    assertThat(owners.conflict(first)).isEmpty();
    assertThat(owners.conflict(second)).isPresent();
  }

  @Test
  void objectsOfOtherNamespacesAreNotNamed() {
    published(image("secret-project", "hush", A), FIRST);

    assertThat(owners.conflict(image("images", "other", A)).orElseThrow())
        .contains("an OsImage of another namespace")
        .doesNotContain("hush", "secret-project");
  }

  @Test
  void aTagThatItsOwnerDoesNotWantAnyMoreIsFree() {
    var owner = image("images", "owner", A);
    published(owner, FIRST);
    owner.setSpec(with(A, "destination/tags", List.of("other")));

    assertThat(owners.conflict(image("images", "next", A))).isEmpty();
  }

  @Test
  void otherRepositoriesAndOtherTagsAreNoConflict() {
    published(image("images", "owner", A), FIRST);
    var elsewhere = with(A, "destination/repository", "registry.example.com/os/debian2");
    var tagged = with(A, "destination/tags", List.of("latest-arm64"));
    var untagged = with(A, "destination/tags", List.of());

    assertThat(owners.conflict(image("images", "elsewhere", elsewhere))).isEmpty();
    assertThat(owners.conflict(image("images", "tagged", tagged))).isEmpty();
    assertThat(owners.conflict(image("images", "untagged", untagged))).isEmpty();
  }

  @Test
  void nobodyOwnsWhatNobodyPublished() {
    image("images", "one", A);

    assertThat(owners.conflict(image("images", "two", A))).isEmpty();
  }
}
