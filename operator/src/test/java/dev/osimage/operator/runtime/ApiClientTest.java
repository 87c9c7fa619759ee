package dev.osimage.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import org.junit.jupiter.api.Test;

class ApiClientTest {

  @Test
  void ofAnObjectEverythingIsReadButWhoHasWrittenWhichField() {
    var job =
        ApiClient.serialization()
            .unmarshal(
                """
                {
                  "apiVersion": "batch/v1",
                  "kind": "Job",
                  "metadata": {
                    "name": "build",
                    "labels": {"a": "b"},
                    "managedFields": [{"manager": "osimage", "fieldsV1": {"f:spec": {}}}],
                    "finalizers": ["example.com/x"]
                  },
                  "spec": {"suspend": true}
                }
                """,
                Job.class);

    assertThat(job.getMetadata()).extracting(ObjectMeta::getName).isEqualTo("build");
    assertThat(job.getMetadata().getLabels()).containsEntry("a", "b");
    assertThat(job.getMetadata().getFinalizers()).containsExactly("example.com/x");
    assertThat(job.getMetadata().getManagedFields()).isEmpty();
    assertThat(job.getMetadata().getAdditionalProperties()).isEmpty();
    assertThat(job.getSpec().getSuspend()).isTrue();
  }
}
