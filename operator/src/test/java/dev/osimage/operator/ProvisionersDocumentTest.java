package dev.osimage.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.osimage.api.Artifact;
import dev.osimage.api.Boot;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Part;
import dev.osimage.oci.Digest;
import dev.osimage.operator.boot.BootUrls;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every recipe of {@code docs/provisioners.md}, filled in from a status, is what the program that
 * it is for reads. What that is, and where it was looked up, is in {@code
 * src/test/resources/consumers}.
 */
class ProvisionersDocumentTest {

  private static final Path PROJECT = Path.of("..");
  private static final Path CONSUMERS = Path.of("src/test/resources/consumers");
  private static final Pattern BLOCK =
      Pattern.compile("(?ms)^```(?<language>\\w+)(?: (?<name>\\S+))?\\n(?<text>.*?)^```$");
  private static final Pattern PLACEHOLDER =
      Pattern.compile("<(?<of>\\w+ of )?(?<path>[^<>\\n]+)>");
  private static final Pattern FIELD = Pattern.compile("\\bstatus(?:\\.\\w+(?:\\[\\w+])?)+");

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();
  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  private static final JsonNode STATUS = JSON.valueToTree(status());
  private static final JsonNode STATUS_SCHEMA =
      yaml(PROJECT.resolve("crds/osimages.osimage.dev.yaml"))
          .at("/spec/versions/0/schema/openAPIV3Schema/properties/status");
  private static final Map<String, ConsumerSchema> SCHEMAS = schemas();

  /** A block of the document, filled in, and the name of the schema that it has to meet. */
  private record Recipe(String schema, JsonNode content) {

    List<String> problems() {
      var known = SCHEMAS.get(schema);
      return known == null ? List.of("no schema for " + schema) : known.problems(content);
    }
  }

  @Test
  void everyRecipeIsWhatItsConsumerReads() {
    var document = document();

    assertThat(problems(document)).isEmpty();
    assertThat(document.lines().filter(line -> line.startsWith("```")).count())
        .as("blocks that are no recipes")
        .isEqualTo(2 * BLOCK.matcher(document).results().count());
  }

  @Test
  void everythingThatWasLookedUpHasARecipe() {
    assertThat(recipes(document(), new ArrayList<>()))
        .extracting(Recipe::schema)
        .containsAll(SCHEMAS.keySet());
  }

  @Test
  void theDocumentSaysWhatWasRead() {
    var document = document();

    assertThat(files())
        .hasSizeGreaterThan(3)
        .allSatisfy(file -> {
          assertThat(yaml(file).path("$comment").asText()).isNotEmpty();
          assertThat(yaml(file).path("sources"))
              .isNotEmpty()
              .allSatisfy(source -> {
                assertThat(source.path("repository").asText()).startsWith("https://");
                assertThat(source.path("version").asText()).isNotEmpty();
                assertThat(source.path("files")).isNotEmpty();
                var commit = source.path("commit").asText();
                assertThat(commit).matches("[0-9a-f]{40}");
                assertThat(document).contains("`" + commit.substring(0, 7) + "`");
              });
        });
  }

  @Test
  void everyFieldThatIsNamedInTheTextExists() {
    assertThat(FIELD.matcher(document()).results().map(MatchResult::group).distinct())
        .hasSizeGreaterThan(10)
        .allSatisfy(field -> assertThat(isField(field)).as(field).isTrue());
  }

  @Test
  void whatTinkerbellMakesOfFolderAndNamesAreTheUrls() {
    var osie =
        recipes(document(), new ArrayList<>()).stream()
            .map(recipe -> recipe.content().at("/spec/interfaces/0/netboot/osie"))
            .filter(JsonNode::isObject)
            .findFirst()
            .orElseThrow();

    assertThat(osie.path("baseURL").asText() + "/" + osie.path("kernel").asText())
        .isEqualTo(value("status.boot.kernelURL").orElseThrow());
    assertThat(osie.path("baseURL").asText() + "/" + osie.path("initrd").asText())
        .isEqualTo(value("status.boot.initramfsURL").orElseThrow());
  }

  @Test
  void aMisspelledFieldIsFoundWhereverItIs() {
    for (var recipe : recipes(document(), new ArrayList<>())) {
      for (var place : fields(recipe.content(), "")) {
        var copy = recipe.content().deepCopy();
        int slash = place.lastIndexOf('/');
        var name = place.substring(slash + 1);
        var parent = (ObjectNode) copy.at(place.substring(0, slash));
        parent.set(name + "x", parent.remove(name));

        assertThat(new Recipe(recipe.schema(), copy).problems())
            .as("%s with another name for %s", recipe.schema(), place)
            .isNotEmpty();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "<status.boot.kernelURL>                 | <status.boot.kernelUrl>",
        "<status.boot.kernelURL>                 | <spec.boot.kernelURL>",
        "<status.boot.kernelURL>                 | <kernelURL>",
        "<status.boot.isoURL>                    | <status.boot.commandLine>",
        "<hex of status.parts[rootfs].digest>    | <status.parts[rootfs].digest>",
        "<hex of status.parts[rootfs].digest>    | <hex of status.parts[disk].digest>",
        "<hex of status.parts[rootfs].digest>    | <hex of status.parts[rootfs].url>",
        "<folder of status.boot.kernelURL>       | <status.boot.ipxeURL>/",
        "checksum: <                             | sha256: <",
        "checksumType: sha256                    | checksumType: SHA256",
        "format: raw                             | format: img",
        "format: live-iso                        | format: iso",
        "bootMode: UEFI                          | bootMode: uefi",
        "online: true                            | online: 'true'",
        "kind: BareMetalHost                     | kind: Host",
        "metal3.io/v1alpha1                      | metal3.io/v1",
        "mac: 52:54:00:12:34:56                  | mac: 52-54-00-12-34-56",
        "allowPXE: true                          | allowPXE: false",
        "kernel: kernel                          | kernel: <status.boot.kernelURL>",
        "'data: |'                               | data:",
        "timeout: 1200                           | timeout: 20m",
        "worker:                                 | workers:",
        "IMG_URL:                                | IMAGE_URL:",
        "DEST_DISK: /dev/sda                     | DEST_DISK: sda",
        "actions/image2disk                      | actions/oci2disk",
        "image: <status.artifact.reference>      | image: <status.artifact.digest>",
        "image: <status.artifact.reference>      | image: registry.example.com/os/debian:bookworm",
        "initrdURL:                              | initramfsURL:",
        "kernelURL: <status.boot.kernelURL>      | kernelURL: ''",
        "ipxe-script:                            | ipxeScript:",
        "stringData:                             | data:",
        "/httpboot                               | /",
        "ipxe-service-url                        | ipxe-server-url",
        "'\"macs\": [\"52:54:00:12:34:56\"]'     | '\"macs\": \"52:54:00:12:34:56\"'",
        "'\"priority\": 50'                      | '\"priority\": 101'",
        "'\"params\": \"<'                       | '\"params\": \"initrd=x <'",
        "json bss-bootparameters                 | json bss",
      })
  void aMistakeInARecipeIsFound(String right, String wrong) {
    var document = document();

    assertThat(document).contains(right);
    assertThat(problems(document.replace(right, wrong))).isNotEmpty();
  }

  private static List<String> problems(String document) {
    var problems = new ArrayList<String>();
    recipes(document, problems)
        .forEach(recipe ->
            recipe.problems().forEach(problem -> problems.add(recipe.schema() + ": " + problem)));
    return problems;
  }

  private static List<Recipe> recipes(String document, List<String> problems) {
    var recipes = new ArrayList<Recipe>();
    for (var block : BLOCK.matcher(document).results().toList()) {
      var mapper = block.group("language").equals("json") ? JSON : YAML;
      var text = filled(block.group("text"), problems);
      // By a parser of our own: else the values of a list come one by one.
      try (var parser = mapper.createParser(text)) {
        MappingIterator<JsonNode> contents = mapper.readerFor(JsonNode.class).readValues(parser);
        while (contents.hasNextValue()) {
          var content = contents.nextValue();
          var name = block.group("name");
          var kind = content.path("apiVersion").asText() + " " + content.path("kind").asText();
          recipes.add(new Recipe(name == null ? kind : name, content));
        }
      } catch (IOException e) {
        problems.add("can't be read: " + e.getMessage());
      }
    }
    return recipes;
  }

  private static String filled(String text, List<String> problems) {
    return PLACEHOLDER
        .matcher(text)
        .replaceAll(placeholder -> {
          var path = placeholder.group("path");
          var value =
              value(path).filter(found -> isField(path)).flatMap(found -> part(placeholder, found));
          if (value.isEmpty()) {
            problems.add("no field of ours: " + placeholder.group());
          }
          return value.orElse("");
        });
  }

  private static Optional<String> part(MatchResult placeholder, String value) {
    var of = placeholder.group("of");
    if (of == null) {
      return Optional.of(value);
    }
    return switch (of) {
      case "hex of " ->
          Optional.of(value)
              .filter(digest -> digest.startsWith("sha256:"))
              .map(digest -> digest.substring("sha256:".length()));
      case "folder of " -> Optional.of(value.substring(0, value.lastIndexOf('/')));
      default -> Optional.empty();
    };
  }

  /** What the example has there: {@code parts[rootfs]} is the part of that name. */
  private static Optional<String> value(String path) {
    JsonNode found = JSON.createObjectNode().set("status", STATUS);
    for (var step : path.split("\\.", -1)) {
      int bracket = step.indexOf('[');
      if (bracket < 0) {
        found = found.path(step);
      } else {
        var name = step.substring(bracket + 1, step.length() - 1);
        found =
            found
                .path(step.substring(0, bracket))
                .valueStream()
                .filter(part -> part.path("name").asText().equals(name))
                .findFirst()
                .orElse(JSON.missingNode());
      }
    }
    return found.isValueNode() ? Optional.of(found.asText()) : Optional.empty();
  }

  private static boolean isField(String path) {
    var schema = STATUS_SCHEMA;
    for (var step :
        path.substring("status".length()).replaceAll("\\[\\w+]", ".[]").split("\\.", -1)) {
      if (!step.isEmpty()) {
        schema = step.equals("[]") ? schema.path("items") : schema.path("properties").path(step);
      }
    }
    return !schema.isMissingNode();
  }

  /** Where the fields are whose names the consumer has made up, as JSON pointers. */
  private static List<String> fields(JsonNode node, String at) {
    var found = new ArrayList<String>();
    for (var field : node.properties()) {
      var place = at + "/" + field.getKey();
      if (!at.endsWith("/hardwareMap")) {
        found.add(place);
      }
      found.addAll(fields(field.getValue(), place));
    }
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      found.addAll(fields(node.path(i), at + "/" + i));
    }
    return found;
  }

  private static OsImageStatus status() {
    var parts =
        Stream.of("kernel", "initramfs", "rootfs", "squashfs", "uki", "iso")
            .map(name ->
                new Part(
                    name,
                    "application/vnd.ironcore.image." + name,
                    digest(name),
                    1,
                    "https://registry.example.com/v2/os/debian/blobs/" + digest(name)))
            .toList();
    var artifact =
        new Artifact(
            "registry.example.com/os/debian@" + digest("manifest"),
            digest("manifest"),
            6,
            List.of("bookworm-amd64"),
            1,
            "2026-03-01T12:00:00Z",
            "inputs",
            "publication",
            null,
            null);
    var commandLine = "ro console=ttyS0,115200";
    var boot = new Boot(1, null, null, null, null, null, null, commandLine, null);
    var status =
        new OsImageStatus(
            1L, null, artifact, parts, boot, null, null, null, null, null, null, null, null, null);
    var image = new OsImage();
    image.setMetadata(new ObjectMetaBuilder().withNamespace("default").withName("debian").build());
    return BootUrls.ofGateway("http://192.0.2.10:30080", (object, found) -> Optional.empty())
        .in(image, status, Instant.EPOCH);
  }

  private static String digest(String content) {
    return Digest.of(content.getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static Map<String, ConsumerSchema> schemas() {
    var schemas = new TreeMap<String, ConsumerSchema>();
    for (var file : files()) {
      for (var schema : yaml(file).path("schemas").properties()) {
        schemas.put(schema.getKey(), new ConsumerSchema(schema.getValue()));
      }
    }
    return schemas;
  }

  private static List<Path> files() {
    try (Stream<Path> files = Files.list(CONSUMERS)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode yaml(Path file) {
    try {
      return YAML.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String document() {
    try {
      return Files.readString(PROJECT.resolve("docs/provisioners.md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
