package dev.osimage.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checked-in CRD is what the records say; {@code -Dcrds.write} brings it up to date. */
class CrdTest {

  private static final Path CHECKED_IN = Path.of("../../crds/osimages.osimage.dev.yaml");
  private static final ObjectMapper YAML =
      new ObjectMapper(
          YAMLFactory.builder()
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .disable(YAMLGenerator.Feature.SPLIT_LINES)
              .build());

  @Test
  void checkedInCrdIsGeneratedFromTheRecords(@TempDir Path folder) throws IOException {
    var generated = generate(folder);
    if (Boolean.getBoolean("crds.write")) {
      java.nio.file.Files.createDirectories(CHECKED_IN.getParent());
      java.nio.file.Files.writeString(CHECKED_IN, generated);
    }
    assertThat(CHECKED_IN)
        .as("the API records changed: make crds, and commit the difference")
        .hasContent(generated);
  }

  private static String generate(Path folder) throws IOException {
    new CRDGenerator()
        .customResourceClasses(OsImage.class)
        .withImplicitPreserveUnknownFields(false)
        .inOutputDir(folder.toFile())
        .detailedGenerate();
    var file = folder.resolve("osimages.osimage.dev-v1.yml");
    var crd = YAML.readValue(file.toFile(), CustomResourceDefinition.class);
    complete(crd);
    return YAML.writeValueAsString(crd);
  }

  /** Adds what the generator has no annotation for. */
  private static void complete(CustomResourceDefinition crd) {
    // The chart upgrades the CRD with the release; uninstalling must not delete everybody's images.
    crd.getMetadata().setAnnotations(Map.of("helm.sh/resource-policy", "keep"));
    var version = crd.getSpec().getVersions().getFirst();
    var columnOrder =
        Arrays.stream(OsImage.class.getAnnotationsByType(AdditionalPrinterColumn.class))
            .map(AdditionalPrinterColumn::name)
            .toList();
    version
        .getAdditionalPrinterColumns()
        .sort(Comparator.comparingInt(column -> columnOrder.indexOf(column.getName())));
    var schema = version.getSchema().getOpenAPIV3Schema();
    dropRepeatedRules(schema);
    schema.setRequired(List.of("spec"));
    schema.setDescription(
        "A bootable OS image for one architecture, published as an OCI artifact.");

    // kstatus and Helm take an object without status for done; a default on the inner field would
    // do nothing while status is absent.
    var status = property(schema, "status");
    status.setDescription(
        "What the operator found out: whether the image is published, as what, and where machines"
            + " boot it from.");
    status.setDefault(YAML.valueToTree(Map.of("observedGeneration", -1)));
    var conditions = property(status, "conditions");
    conditions.setXKubernetesListType("map");
    conditions.setXKubernetesListMapKeys(List.of("type"));
    conditions.setMaxItems(16L);

    // Bounds without which the API server can't estimate the cost of the rules.
    var spec = property(schema, "spec");
    spec.setDescription(
        "What is wanted: the files of the image, how they are described, and where the artifact"
            + " goes.");
    var tags = property(property(spec, "destination"), "tags");
    tags.setXKubernetesListType("set");
    tags.getItems().getSchema().setMaxLength(512L);
    boundValues(property(spec, "config"), 4096);
    boundValues(property(property(spec, "annotations"), "manifest"), 4096);
    boundValues(property(property(spec, "annotations"), "config"), 4096);
  }

  /** The generator reads a record component's annotations twice: off its field and its accessor. */
  private static void dropRepeatedRules(JSONSchemaProps schema) {
    var rules = schema.getXKubernetesValidations();
    if (rules != null) {
      schema.setXKubernetesValidations(rules.stream().distinct().toList());
    }
    schema.getProperties().values().forEach(CrdTest::dropRepeatedRules);
  }

  private static JSONSchemaProps property(JSONSchemaProps schema, String name) {
    return Objects.requireNonNull(schema.getProperties().get(name), name);
  }

  private static void boundValues(JSONSchemaProps map, long maxLength) {
    map.getAdditionalProperties().getSchema().setMaxLength(maxLength);
  }
}
