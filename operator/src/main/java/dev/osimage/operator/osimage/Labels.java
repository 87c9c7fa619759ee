package dev.osimage.operator.osimage;

import dev.osimage.image.RegistryTask;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Labels and annotations of what the operator makes. */
final class Labels {

  static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  static final String OPERATOR = "osimage-operator";

  /** Name of the OsImage. */
  static final String IMAGE = "osimage.dev/image";

  /** {@link Target.Buildable#identity()}. */
  static final String IDENTITY = "osimage.dev/identity";

  /** Number of the attempt. */
  static final String ATTEMPT = "osimage.dev/attempt";

  /** Annotation: the generation that is built. */
  static final String GENERATION = "osimage.dev/generation";

  /** Annotation: {@link Target.Buildable#publicationHash()}. */
  static final String PUBLICATION_HASH = "osimage.dev/publication-hash";

  /** Annotation: {@link Requests#look()}. */
  static final String LOOK = "osimage.dev/reconcile-requested-at";

  /** Annotation: {@link Requests#rebuild()}. */
  static final String REBUILD = "osimage.dev/rebuild-requested-at";

  /** Annotation: {@link Requests#lost()}. */
  static final String LOST = "osimage.dev/lost";

  /** On Jobs that build nothing: the {@link RegistryTask.Kind}. */
  static final String TASK = "osimage.dev/task";

  /** Annotation: uid of the OsImage. */
  static final String OBJECT = "osimage.dev/object";

  /** Annotation: {@link Chore.Start#purpose()}. */
  static final String PURPOSE = "osimage.dev/purpose";

  /** Annotation: {@link Task#builtAt()}. */
  static final String BUILT_AT = "osimage.dev/built-at";

  /** Annotation: the references of the artifacts that a task is about, with blanks between. */
  static final String ARTIFACTS = "osimage.dev/artifacts";

  /** Annotation: the registry that is written to. */
  static final String REGISTRY = "osimage.dev/registry";

  /** Annotation: every {@code repository:tag} that is set, with blanks between. */
  static final String TAGS = "osimage.dev/tags";

  /** Annotation: {@link Attempt#tries()}. */
  static final String TRY = "osimage.dev/try";

  /** Annotation: how the attempt ended, so that it outlives pod and log. */
  static final String OUTCOME = "osimage.dev/outcome";

  /** Selects everything of ours. */
  static final String SELECTOR = MANAGED_BY + "=" + OPERATOR;

  private Labels() {}

  /** Whether a Job or pod builds nothing, see {@link #TASK}. */
  static boolean isTask(HasMetadata object) {
    return object.getMetadata().getLabels().containsKey(TASK);
  }

  /** The labels of a task's Job and its pod. */
  static Map<String, String> of(String image, RegistryTask.Kind kind) {
    return Map.of(MANAGED_BY, OPERATOR, IMAGE, image, TASK, kind.text());
  }

  /** Where a Job writes. */
  static BuildQueue.Destination destination(Job job) {
    var annotations = job.getMetadata().getAnnotations();
    var tags = annotations.getOrDefault(TAGS, "");
    return new BuildQueue.Destination(
        annotations.getOrDefault(REGISTRY, ""),
        tags.isEmpty() ? Set.of() : Set.copyOf(List.of(tags.split(" "))));
  }

  /** The labels of a Job and its pod. */
  static Map<String, String> of(String image, String identity, int attempt) {
    return Map.of(
        MANAGED_BY, OPERATOR, IMAGE, image, IDENTITY, identity, ATTEMPT, String.valueOf(attempt));
  }
}
