package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.published;
import static dev.osimage.operator.osimage.Examples.report;
import static dev.osimage.operator.osimage.Examples.running;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which updates of an object are looked at; a filter too wide is a loop, too narrow is deaf. */
class UpdateFilterTest {

  private static final OsImageStatus BUILDING =
      report(A, 3, OsImageStatus.empty(), attempt(A, 3, 1, running()));

  private static OsImage with(long generation, @Nullable OsImageStatus status) {
    var image = image(A, generation);
    image.setStatus(status);
    return image;
  }

  private static OsImage annotated(String key, String value) {
    var image = with(3, BUILDING);
    image.getMetadata().setAnnotations(Map.of(key, value));
    return image;
  }

  @Test
  void ourOwnStatusWritesAreNotLookedAt() {
    assertThat(UpdateFilter.accept(with(3, published(A, 3, 1)), with(3, BUILDING))).isFalse();
    assertThat(UpdateFilter.accept(with(3, BUILDING), with(3, null))).isFalse();
    assertThat(UpdateFilter.accept(with(3, BUILDING), with(3, BUILDING))).isFalse();
  }

  @Test
  void aChangedSpecIsLookedAt() {
    assertThat(UpdateFilter.accept(with(4, BUILDING), with(3, BUILDING))).isTrue();
  }

  @Test
  void aWipedOrRestoredStatusIsLookedAt() {
    var initial = Examples.seen(-1);

    assertThat(UpdateFilter.accept(with(3, null), with(3, BUILDING))).isTrue();
    assertThat(UpdateFilter.accept(with(3, initial), with(3, BUILDING))).isTrue();
    assertThat(UpdateFilter.accept(with(3, published(A, 2, 1)), with(3, BUILDING))).isTrue();
  }

  @Test
  void theBeginningOfADeletionIsLookedAt() {
    var deleted = with(3, BUILDING);
    deleted.getMetadata().setDeletionTimestamp("2026-03-01T12:00:00Z");

    assertThat(UpdateFilter.accept(deleted, with(3, BUILDING))).isTrue();
    assertThat(UpdateFilter.accept(deleted, deleted)).isFalse();
  }

  @Test
  void onlyAnnotationsOfOursAreLookedAt() {
    assertThat(UpdateFilter.accept(annotated("osimage.dev/x", "1"), with(3, BUILDING))).isTrue();
    assertThat(
            UpdateFilter.accept(annotated("osimage.dev/x", "2"), annotated("osimage.dev/x", "1")))
        .isTrue();
    assertThat(UpdateFilter.accept(annotated("example.com/x", "1"), with(3, BUILDING))).isFalse();
  }
}
