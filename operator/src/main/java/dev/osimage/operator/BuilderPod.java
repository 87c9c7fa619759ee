package dev.osimage.operator;

import dev.osimage.oci.http.Proxies;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the administrator adds to every builder pod. Absent fields are empty.
 *
 * @param labels labels of the pod, besides the operator's own, which win
 * @param annotations annotations of the pod
 * @param priorityClassName absent for the cluster's default
 * @param env variables of the builder: {@code HTTP_PROXY}, {@code HTTPS_PROXY}, {@code NO_PROXY}
 */
public record BuilderPod(
    Map<String, String> labels,
    Map<String, String> annotations,
    Map<String, String> nodeSelector,
    List<Toleration> tolerations,
    @Nullable Affinity affinity,
    @Nullable String priorityClassName,
    Map<String, String> env) {

  /** Nothing is added. */
  public static final BuilderPod PLAIN =
      new BuilderPod(Map.of(), Map.of(), Map.of(), List.of(), null, null, Map.of());

  public BuilderPod {
    labels = copy(labels);
    annotations = copy(annotations);
    nodeSelector = copy(nodeSelector);
    tolerations = tolerations == null ? List.of() : List.copyOf(tolerations);
    priorityClassName =
        priorityClassName == null || priorityClassName.isBlank() ? null : priorityClassName;
    env = copy(env);
    // Every builder would fail with it: better that the operator does not start.
    Proxies.of(env);
  }

  /** The variables as a container takes them, in the order of their names. */
  public List<EnvVar> variables() {
    return new TreeMap<>(env)
        .entrySet().stream()
            .map(variable -> new EnvVar(variable.getKey(), variable.getValue(), null))
            .toList();
  }

  private static Map<String, String> copy(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : Map.copyOf(map);
  }
}
