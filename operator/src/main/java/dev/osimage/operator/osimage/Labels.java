package dev.osimage.operator.osimage;

import java.util.Map;

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

  /** Annotation: {@code host:port} of the registry that is written to. */
  static final String REGISTRY = "osimage.dev/registry";

  /** Annotation: how the attempt ended, so that it outlives pod and log. */
  static final String OUTCOME = "osimage.dev/outcome";

  /** Selects everything of ours. */
  static final String SELECTOR = MANAGED_BY + "=" + OPERATOR;

  private Labels() {}

  /** The labels of a Job and its pod. */
  static Map<String, String> of(String image, String identity, int attempt) {
    return Map.of(
        MANAGED_BY, OPERATOR, IMAGE, image, IDENTITY, identity, ATTEMPT, String.valueOf(attempt));
  }
}
