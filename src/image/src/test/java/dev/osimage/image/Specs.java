package dev.osimage.image;

import dev.osimage.api.Annotations;
import dev.osimage.api.Architecture;
import dev.osimage.api.BootCheck;
import dev.osimage.api.ConfigMapReference;
import dev.osimage.api.Decompress;
import dev.osimage.api.Destination;
import dev.osimage.api.FileSource;
import dev.osimage.api.Files;
import dev.osimage.api.Format;
import dev.osimage.api.HttpSource;
import dev.osimage.api.OsImageSpec;
import dev.osimage.api.SecretReference;
import dev.osimage.image.BuilderLine.PublishedPart;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Makes specs for tests: the fields that a test does not name are absent. */
final class Specs {

  static final String COMMAND_LINE = "console=ttyS0,115200 ro";

  private final Map<PartName, FileSource> files = new EnumMap<>(PartName.class);
  private Architecture architecture = Architecture.AMD64;
  private @Nullable Format format;
  private @Nullable String commandLine;
  private @Nullable Map<String, String> config;
  private @Nullable Annotations annotations;
  private Destination destination =
      new Destination("registry.example.com/os/gl", null, null, null, null);
  private @Nullable BootCheck bootCheck;
  private @Nullable Boolean suspend;
  private @Nullable String timeout;
  private @Nullable String pendingTimeout;

  static Specs spec() {
    return new Specs();
  }

  /** The parts with the content of the vectors' inputs, inline. */
  static Specs withInputs(PartName... parts) {
    var specs = spec();
    for (var part : parts) {
      specs.inline(part, input(part));
    }
    return specs;
  }

  static String input(PartName part) {
    return resource("inputs/" + part.text());
  }

  /** A file below {@code vectors}. */
  static String resource(String path) {
    try (var in = Specs.class.getResourceAsStream("/vectors/" + path)) {
      return new String(Objects.requireNonNull(in, path).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Specs inline(PartName part, String text) {
    return source(part, new FileSource(null, text, null, null, null));
  }

  Specs http(PartName part, String url, String digest) {
    return source(part, file(url, digest, null, null, null));
  }

  /** A file of which everything is given but how its server is reached. */
  static FileSource file(
      String url,
      String digest,
      @Nullable String path,
      @Nullable Decompress decompress,
      @Nullable String finalDigest) {
    return new FileSource(
        new HttpSource(url, digest, null, null), null, path, decompress, finalDigest);
  }

  Specs source(PartName part, FileSource source) {
    files.put(part, source);
    return this;
  }

  Specs architecture(Architecture value) {
    architecture = value;
    return this;
  }

  Specs format(Format value) {
    format = value;
    return this;
  }

  Specs commandLine(@Nullable String value) {
    commandLine = value;
    return this;
  }

  Specs config(Map<String, String> value) {
    config = value;
    return this;
  }

  Specs annotations(Map<String, String> manifest, Map<String, String> ofConfig) {
    annotations = new Annotations(manifest, ofConfig);
    return this;
  }

  Specs noAnnotationsInside() {
    annotations = new Annotations(null, null);
    return this;
  }

  Specs destination(String repository, String... tags) {
    destination = new Destination(repository, List.of(tags), null, null, null);
    return this;
  }

  Specs plainHttpWithSecret() {
    destination =
        new Destination(
            destination.repository(), destination.tags(), new SecretReference("push"), null, true);
    return this;
  }

  Specs secret(String name) {
    destination =
        new Destination(
            destination.repository(),
            destination.tags(),
            new SecretReference(name),
            destination.caBundleRef(),
            destination.plainHTTP());
    return this;
  }

  Specs caBundle(String name) {
    destination =
        new Destination(
            destination.repository(),
            destination.tags(),
            destination.secretRef(),
            new ConfigMapReference(name),
            destination.plainHTTP());
    return this;
  }

  Specs bootCheck(BootCheck value) {
    bootCheck = value;
    return this;
  }

  Specs suspended() {
    suspend = true;
    return this;
  }

  Specs timeouts(String build, String pending) {
    timeout = build;
    pendingTimeout = pending;
    return this;
  }

  OsImageSpec make() {
    return new OsImageSpec(
        architecture,
        format,
        commandLine,
        new Files(
            files.get(PartName.KERNEL),
            files.get(PartName.INITRAMFS),
            files.get(PartName.ROOTFS),
            files.get(PartName.SQUASHFS),
            files.get(PartName.UKI),
            files.get(PartName.ISO)),
        config,
        annotations,
        destination,
        bootCheck,
        suspend,
        timeout,
        pendingTimeout,
        null,
        null,
        null,
        null);
  }

  /** The parts as a builder finds them: digests that only it can know are made up. */
  static Map<PartName, PublishedPart> published(BuildPlan plan, Map<PartName, Long> sizes) {
    var published = new EnumMap<PartName, PublishedPart>(PartName.class);
    for (var part : plan.parts()) {
      var made = Digest.of(part.toString().getBytes(StandardCharsets.UTF_8));
      published.put(
          part.name(),
          new PublishedPart(
              part.name(),
              part.mediaType(),
              part.digest() == null ? made : part.digest(),
              sizes.getOrDefault(part.name(), 7L)));
    }
    return published;
  }

  BuildPlan plan() {
    return Planner.plan(make(), Duration.ofHours(1));
  }
}
