package dev.osimage.image;

import dev.osimage.api.Annotations;
import dev.osimage.api.BootCheck;
import dev.osimage.api.Durations;
import dev.osimage.api.FileSource;
import dev.osimage.api.Format;
import dev.osimage.api.OsImageSpec;
import dev.osimage.image.BuildPlan.Config;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.oci.Digest;
import dev.osimage.oci.GoJson;
import dev.osimage.oci.Repository;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes a {@link BuildPlan} of a spec: the one place where that happens. */
public final class Planner {

  private Planner() {}

  /**
   * The plan for a spec. What admission refuses is refused here again, for specs that never met an
   * API server: {@link IllegalArgumentException} with a sentence for the user.
   */
  public static BuildPlan plan(OsImageSpec spec, Duration defaultTimeout) {
    var destination = spec.destination();
    var timeout = spec.timeout() == null ? defaultTimeout : Durations.parse(spec.timeout());
    var annotations = spec.annotations();
    return new BuildPlan(
        BuildPlan.VERSION,
        spec.architecture(),
        InputsHash.of(spec),
        config(spec, annotations),
        parts(spec),
        annotations == null ? Map.of() : orEmpty(annotations.manifest()),
        Repository.parse(destination.repository()),
        destination.effectiveTags(),
        destination.usesPlainHttp(),
        timeout.toSeconds());
  }

  /** What is allowed and still likely to be a mistake. */
  public static Optional<String> warning(OsImageSpec spec) {
    var both = spec.files().rootfs() != null && spec.files().squashfs() != null;
    return both && spec.effectiveFormat() != Format.ONMETAL
        ? Optional.of(
            "rootfs and squashfs are in one image: released virtual machine providers boot the"
                + " squashfs as disk then; publish two images unless only machines that boot over"
                + " the network use this one")
        : Optional.empty();
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

  private static List<PlannedPart> parts(OsImageSpec spec) {
    var format = spec.effectiveFormat();
    var parts = new ArrayList<PlannedPart>();
    for (var name : PartName.values()) {
      var source = name.sourceIn(spec.files());
      if (source != null) {
        var mediaType = FormatProfile.of(format).mediaType(name);
        if (mediaType.isEmpty()) {
          throw new IllegalArgumentException(
              "format " + format.text() + " has no " + name.text() + ": remove it");
        }
        parts.add(part(name, mediaType.get(), source, spec.effectiveBootCheck()));
      } else if (format == Format.ONMETAL && FormatProfile.of(format).mediaType(name).isPresent()) {
        throw new IllegalArgumentException("format onmetal needs " + name.text() + ": add it");
      }
    }
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("files is empty: name at least one file");
    }
    return parts;
  }

  private static PlannedPart part(
      PartName name, String mediaType, FileSource source, BootCheck check) {
    boolean bootable = name == PartName.KERNEL || name == PartName.UKI;
    return new PlannedPart(
        name,
        mediaType,
        digest(name, source),
        source.http() == null ? null : source.http().url(),
        source.inline(),
        bootable && check == BootCheck.HEADER);
  }

  /** The digest of a part's bytes, which is known before any of them has been read. */
  static Digest digest(PartName name, FileSource source) {
    if ((source.http() == null) == (source.inline() == null)) {
      throw new IllegalArgumentException(
          name.text() + " needs exactly one source: set either http or inline");
    }
    return source.http() != null
        ? Digest.parse(source.http().digest())
        : Digest.of(orEmpty(source.inline()).getBytes(StandardCharsets.UTF_8));
  }

  static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
