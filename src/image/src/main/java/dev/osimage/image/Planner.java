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
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes a {@link BuildPlan} of a spec: the one place where that happens. */
public final class Planner {

  private static final int MAX_PORT = 65535;
  private static final int MAX_INLINE = 64 * 1024;
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");
  private static final Pattern CONTENT_TAG = Pattern.compile("osimage-[0-9a-f]{16}");

  private Planner() {}

  /**
   * The plan for a spec. What admission refuses is refused here again, for specs that never met an
   * API server: {@link IllegalArgumentException} with a sentence for the user.
   */
  public static BuildPlan plan(OsImageSpec spec, Duration defaultTimeout) {
    var destination = spec.destination();
    require(
        spec.commandLine() == null
            || spec.commandLine().chars().noneMatch(c -> c < 0x20 || c == 0x7f),
        "commandLine must be one line without control characters");
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
        tags(destination.effectiveTags()),
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
        source.http() == null ? null : checked(name, source.http().url()),
        source.inline(),
        bootable && check == BootCheck.HEADER);
  }

  /** Refuses what no client could fetch; admission can't see all of it. */
  private static String checked(PartName name, String url) {
    try {
      var uri = new URI(url);
      boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (web
          && uri.getUserInfo() == null
          && uri.getHost() != null
          && uri.getPort() != 0
          && uri.getPort() <= MAX_PORT) {
        return url;
      }
    } catch (URISyntaxException e) {
      // The same sentence; its message would repeat a query, which may be a credential.
    }
    throw new IllegalArgumentException(
        name.text() + ": http.url must be a complete http:// or https:// URL without a user name");
  }

  /** The digest of a part's bytes, which is known before any of them has been read. */
  static Digest digest(PartName name, FileSource source) {
    if ((source.http() == null) == (source.inline() == null)) {
      throw new IllegalArgumentException(
          name.text() + " needs exactly one source: set either http or inline");
    }
    if (source.http() != null) {
      return Digest.parse(source.http().digest());
    }
    var bytes = orEmpty(source.inline()).getBytes(StandardCharsets.UTF_8);
    require(
        bytes.length > 0 && bytes.length <= MAX_INLINE,
        "inline text of " + name.text() + " must have 1 to 65536 bytes");
    return Digest.of(bytes);
  }

  private static void require(boolean holds, String sentence) {
    if (!holds) {
      throw new IllegalArgumentException(sentence);
    }
  }

  static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
