package dev.osimage.operator.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/** The client for an operator that keeps thousands of objects in memory. */
public final class ApiClient {

  private ApiClient() {}

  /** Half of what the API server says of an object is who has written which field of it. */
  @JsonIgnoreProperties("managedFields")
  private interface WithoutManagedFields {}

  /** A client for the cluster that the process runs in, or of its kubeconfig. */
  public static KubernetesClient create() {
    // A node that does not answer holds one look up for seconds, not for minutes.
    var config = new ConfigBuilder().withRequestRetryBackoffLimit(2).build();
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withKubernetesSerialization(serialization())
        .build();
  }

  static KubernetesSerialization serialization() {
    var mapper = new ObjectMapper();
    mapper.addMixIn(ObjectMeta.class, WithoutManagedFields.class);
    return new KubernetesSerialization(mapper, true);
  }
}
