package dev.osimage.image;

import dev.osimage.api.Annotations;
import dev.osimage.api.OsImageSpec;
import dev.osimage.oci.Digest;
import dev.osimage.oci.GoJson;
import dev.osimage.oci.content.Compression;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The identity of a build's result: SHA-256, in hex, over a normal form of everything that decides
 * the bytes of the artifact. What only decides how or where it is made (URLs, credentials,
 * destination, clocks, checks) is left out (the suffix of a URL counts as the decompression that it
 * stands for), and so is every absent field, so that a field added later does not change the hash
 * of specs without it. The normal form is versioned and fixed: a change of it would orphan every
 * content tag in every registry.
 */
public final class InputsHash {

  private static final int NORMAL_FORM = 1;

  private InputsHash() {}

  /** The hash of a spec, 64 hex digits. */
  public static String of(OsImageSpec spec) {
    return Digest.of(GoJson.write(normalForm(spec))).hex();
  }

  private static Map<String, Object> normalForm(OsImageSpec spec) {
    var form = new LinkedHashMap<String, Object>();
    form.put("version", NORMAL_FORM);
    form.put("format", spec.effectiveFormat().text());
    form.put("architecture", spec.architecture().ociName());
    if (spec.commandLine() != null && !spec.commandLine().isEmpty()) {
      form.put("commandLine", spec.commandLine());
    }
    putUnlessEmpty(form, "config", GoJson.sorted(Planner.orEmpty(spec.config())));
    putUnlessEmpty(form, "annotations", annotations(spec.annotations()));
    form.put("files", files(spec));
    return form;
  }

  private static Map<String, Object> annotations(@Nullable Annotations annotations) {
    var form = new LinkedHashMap<String, Object>();
    if (annotations != null) {
      putUnlessEmpty(form, "manifest", GoJson.sorted(Planner.orEmpty(annotations.manifest())));
      putUnlessEmpty(form, "config", GoJson.sorted(Planner.orEmpty(annotations.config())));
    }
    return form;
  }

  private static Map<String, Object> files(OsImageSpec spec) {
    var form = new LinkedHashMap<String, Object>();
    for (var name : PartName.values()) {
      var file = name.sourceIn(spec.files());
      if (file != null) {
        form.put(name.text(), file(PartInput.of(name, file)));
      }
    }
    return form;
  }

  private static Map<String, Object> file(PartInput input) {
    var form = new LinkedHashMap<String, Object>();
    form.put("digest", input.source().toString());
    if (input.path() != null) {
      form.put("path", input.path());
    }
    if (input.compression() != Compression.NONE) {
      form.put("decompress", input.compression().name().toLowerCase(Locale.ROOT));
    }
    if (input.stated() != null) {
      // It decides no byte, but a result that was never compared with it is another one.
      form.put("finalDigest", input.stated().toString());
    }
    return form;
  }

  private static void putUnlessEmpty(Map<String, Object> form, String key, Map<String, ?> value) {
    if (!value.isEmpty()) {
      form.put(key, value);
    }
  }
}
