package dev.osimage.image;

import dev.osimage.api.Annotations;
import dev.osimage.api.ConfigMapReference;
import dev.osimage.api.Destination;
import dev.osimage.api.Durations;
import dev.osimage.api.Format;
import dev.osimage.api.OsImageSpec;
import dev.osimage.api.SecretReference;
import dev.osimage.image.BuildPlan.Config;
import dev.osimage.image.BuildPlan.PlannedDestination;
import dev.osimage.oci.GoJson;
import dev.osimage.oci.Repository;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes a {@link BuildPlan} of a spec: the one place where that happens. */
public final class Planner {

  /**
   * Kubelet shows a changed Secret after a minute and a half at most, as it is set up by default.
   */
  private static final Duration CREDENTIALS_WAIT = Duration.ofMinutes(2);

  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");
  private static final int MAX_NAME = 253;
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]*[a-z0-9])?");
  private static final Pattern CONTENT_TAG = Pattern.compile("osimage-[0-9a-f]{16}");

  private Planner() {}

  /**
   * The plan for a spec. What admission refuses is refused here again, for specs that never met an
   * API server: {@link IllegalArgumentException} with a sentence for the user.
   */
  public static BuildPlan plan(OsImageSpec spec, Duration defaultTimeout) {
    require(
        spec.commandLine() == null
            || spec.commandLine().chars().noneMatch(c -> c < 0x20 || c == 0x7f),
        "commandLine must be one line without control characters");
    var timeout = spec.timeout() == null ? defaultTimeout : Durations.parse(spec.timeout());
    var annotations = spec.annotations();
    var files = PlannedFiles.of(spec);
    return new BuildPlan(
        BuildPlan.VERSION,
        spec.architecture(),
        InputsHash.of(spec),
        config(spec, annotations),
        files.sources(),
        files.parts(),
        annotations == null ? Map.of() : orEmpty(annotations.manifest()),
        destination(spec.destination()),
        PlannedNetwork.PLAIN,
        timeout.toSeconds(),
        CREDENTIALS_WAIT.toSeconds(),
        List.of());
  }

  /** What is allowed and still likely to be a mistake. */
  public static List<Warning> warnings(OsImageSpec spec) {
    var warnings = new ArrayList<Warning>();
    var files = spec.files();
    if (files.rootfs() != null
        && files.squashfs() != null
        && spec.effectiveFormat() != Format.ONMETAL) {
      warnings.add(
          new Warning(
              "RootfsAndSquashfs",
              "rootfs and squashfs are in one image: released virtual machine providers boot the"
                  + " squashfs as disk then; publish two images unless only machines that boot over"
                  + " the network use this one"));
    }
    for (var name : PartName.values()) {
      var file = name.sourceIn(files);
      if (file != null && PartInput.isArchiveUnawares(name, file)) {
        warnings.add(
            new Warning(
                "ArchiveWithoutPath",
                "%s is an archive by the name in http.url, and published as archive: set path to"
                        .formatted(name.text())
                    + " publish a file in it, or decompress to say that the archive is wanted"));
      }
    }
    return warnings;
  }

  private static PlannedDestination destination(Destination destination) {
    require(
        destination.caBundleRef() == null || !destination.usesPlainHttp(),
        "destination.caBundleRef has no meaning with plainHTTP: true: remove one of them");
    return new PlannedDestination(
        Repository.parse(destination.repository()),
        tags(destination.effectiveTags()),
        destination.usesPlainHttp(),
        name(destination.secretRef()),
        name(destination.caBundleRef()));
  }

  static @Nullable String name(@Nullable SecretReference secret) {
    return secret == null ? null : checked("Secret", secret.name());
  }

  static @Nullable String name(@Nullable ConfigMapReference configMap) {
    return configMap == null ? null : checked("ConfigMap", configMap.name());
  }

  /** Names become folders in {@link Mounts}. */
  private static String checked(String kind, String name) {
    require(
        name.length() <= MAX_NAME && NAME.matcher(name).matches(),
        "'%.253s' is not the name of a %s: lower-case letters, digits, '-' and '.'"
            .formatted(name, kind));
    return name;
  }

  private static List<String> tags(List<String> tags) {
    for (var tag : tags) {
      require(
          TAG.matcher(tag).matches(),
          "tag '" + tag + "' must have 1 to 128 letters, digits, '.', '_' or '-'");
      require(
          !CONTENT_TAG.matcher(tag).matches(),
          "tag '" + tag + "' is of the form that builds set themselves: choose another one");
    }
    return tags;
  }

  private static Config config(OsImageSpec spec, @Nullable Annotations annotations) {
    var profile = FormatProfile.of(spec.effectiveFormat());
    var json = new LinkedHashMap<String, Object>();
    if (spec.commandLine() != null && !spec.commandLine().isEmpty()) {
      json.put("commandLine", spec.commandLine());
    }
    var extra = orEmpty(spec.config());
    if (extra.containsKey("commandLine")) {
      throw new IllegalArgumentException(
          "config must not contain 'commandLine': use the field spec.commandLine");
    }
    json.putAll(GoJson.sorted(extra));
    return new Config(
        profile.configMediaType(),
        new String(GoJson.write(json), StandardCharsets.UTF_8),
        annotations == null ? Map.of() : orEmpty(annotations.config()));
  }

  private static void require(boolean holds, String sentence) {
    if (!holds) {
      throw new IllegalArgumentException(sentence);
    }
  }

  static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }

  static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
