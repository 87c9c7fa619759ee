package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.published;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Artifact;
import dev.osimage.api.OsImage;
import dev.osimage.api.Published;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ClaimsTest {

  private final List<OsImage> index = new ArrayList<>();
  private final Claims claims =
      new Claims(
          claim -> index.stream().filter(image -> Claims.of(image).contains(claim)).toList());

  @Test
  void whatIsPublishedIsClaimedByItsDigestItsContentTagAndItsTags() {
    var image = publishing("one");
    var artifact = Objects.requireNonNull(image.getStatus().artifact());

    assertThat(Claims.of(image))
        .contains(
            artifact.reference(),
            Claims.contentTag(artifact),
            Claims.repository(artifact.reference()) + ":latest-amd64");
  }

  @Test
  void onesOwnClaimsAreNoOthers() {
    var image = publishing("one");
    index.add(image);
    var reference = Objects.requireNonNull(image.getStatus().artifact()).reference();

    assertThat(claims.byAnother(image, reference)).isFalse();
    index.add(publishing("another"));
    assertThat(claims.byAnother(image, reference)).isTrue();
  }

  @Test
  void cachesThatWereEmptiedKnowNobody() {
    var image = publishing("one");
    index.add(image);
    assertThat(claims.know(image)).isTrue();

    index.clear();
    assertThat(claims.know(image)).isFalse();
  }

  @Test
  void anythingInAStatusIsBorne() {
    var image = publishing("one");
    var draft = new StatusDraft(image.getStatus());
    draft.history =
        Arrays.asList(
            new Published(nothing(), List.of()),
            new Published(artifact("no reference", "short"), List.of()));
    image.setStatus(draft.status());

    assertThat(Claims.named(image)).hasSize(1);
    assertThat(Claims.of(image)).contains("one");
  }

  @SuppressWarnings("NullAway") // As somebody may write it into a status.
  private static Artifact nothing() {
    return null;
  }

  private static Artifact artifact(String reference, String inputsHash) {
    return new Artifact(reference, "", 0, List.of(), 1, "", inputsHash, "", null, null);
  }

  private static OsImage publishing(String uid) {
    var image = image(A, 1);
    image.getMetadata().setUid(uid);
    image.setStatus(published(A, 1, 1));
    return image;
  }
}
