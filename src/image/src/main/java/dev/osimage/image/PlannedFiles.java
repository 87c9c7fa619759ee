package dev.osimage.image;

import dev.osimage.api.BootCheck;
import dev.osimage.api.FileSource;
import dev.osimage.api.Format;
import dev.osimage.api.OsImageSpec;
import dev.osimage.image.BuildPlan.PlannedPart;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The files of a spec as sources and parts of a plan. */
final class PlannedFiles {

  private final OsImageSpec spec;
  private final List<PlannedSource> sources = new ArrayList<>();
  private final List<PlannedPart> parts = new ArrayList<>();

  /** The archives among the sources, by their place in the list. */
  private final Map<PlannedSource, Integer> archives = new HashMap<>();

  private PlannedFiles(OsImageSpec spec) {
    this.spec = spec;
  }

  /** Throws {@link IllegalArgumentException} with a sentence for the user. */
  static PlannedFiles of(OsImageSpec spec) {
    var files = new PlannedFiles(spec);
    for (var name : PartName.values()) {
      files.add(name, Optional.ofNullable(name.sourceIn(spec.files())));
    }
    if (files.parts.isEmpty()) {
      throw new IllegalArgumentException("files is empty: name at least one file");
    }
    return files;
  }

  List<PlannedSource> sources() {
    return sources;
  }

  List<PlannedPart> parts() {
    return parts;
  }

  private void add(PartName name, Optional<FileSource> file) {
    var format = spec.effectiveFormat();
    var mediaType = FormatProfile.of(format).mediaType(name);
    if (file.isPresent()) {
      parts.add(
          part(
              name,
              mediaType.orElseThrow(() ->
                  new IllegalArgumentException(
                      "format " + format.text() + " has no " + name.text() + ": remove it")),
              file.get()));
    } else if (format == Format.ONMETAL && mediaType.isPresent()) {
      throw new IllegalArgumentException("format onmetal needs " + name.text() + ": add it");
    }
  }

  private PlannedPart part(PartName name, String mediaType, FileSource file) {
    var input = PartInput.of(name, file);
    boolean bootable = name == PartName.KERNEL || name == PartName.UKI;
    return new PlannedPart(
        name,
        mediaType,
        index(source(file, input), input.path() != null),
        input.path(),
        input.compression(),
        input.digest().orElse(null),
        bootable && spec.effectiveBootCheck() == BootCheck.HEADER);
  }

  /** Files from one archive share it, so that it is read once. */
  private int index(PlannedSource source, boolean archive) {
    return archive ? archives.computeIfAbsent(source, this::append) : append(source);
  }

  private int append(PlannedSource source) {
    sources.add(source);
    return sources.size() - 1;
  }

  private static PlannedSource source(FileSource file, PartInput input) {
    var http = file.http();
    return http == null
        ? new PlannedSource.Inline(Planner.orEmpty(file.inline()), input.source())
        : new PlannedSource.Http(
            http.url(),
            input.source(),
            Planner.name(http.secretRef()),
            Planner.name(http.caBundleRef()));
  }
}
