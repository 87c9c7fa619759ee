package dev.osimage.operator.osimage;

import dev.osimage.image.RegistryTask;
import dev.osimage.image.RegistryTask.TaggedArtifact;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is to be done at the registry besides building. */
sealed interface Chore {

  /** Nothing now; perhaps at that time. */
  record Nothing(Optional<Instant> next) implements Chore {

    static final Nothing EVER = new Nothing(Optional.empty());
  }

  /**
   * A task is started.
   *
   * @param purpose what it is for
   * @param token equal ones with the same purpose are the same task
   * @param look the request that it answers
   * @param builtAt when the one artifact was built that a look is about
   * @param bootUrls URLs that a look tries without credentials
   */
  record Start(
      RegistryTask.Kind kind,
      String purpose,
      String token,
      @Nullable String look,
      @Nullable String builtAt,
      List<TaggedArtifact> artifacts,
      List<String> bootUrls)
      implements Chore {}

  /** A task is on its way. */
  record Wait(Task task) implements Chore {}

  /** A task has ended, and the status does not say so yet. */
  record Note(Task task, Task.End end) implements Chore {}
}
