package dev.osimage.bench;

import dev.osimage.bench.Inputs.Input;
import dev.osimage.bench.work.CopyArtifact;
import dev.osimage.bench.work.Pull;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.image.PartName;
import dev.osimage.image.PlannedSource;
import dev.osimage.oci.Digest;
import dev.osimage.oci.content.Compression;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes the races of the rows, with their input. */
final class Races {

  static final String CONFIG = "{}";
  static final String CONFIG_TYPE = "application/vnd.ironcore.image.config.v1alpha1+json";

  static final String LAYER_TYPE = "application/vnd.ironcore.image.";
  private static final long MIB = 1L << 20;
  private static final long DISK = 1024 * MIB;
  private static final long INITRAMFS = 30 * MIB;
  private static final long KERNEL = 13 * MIB;
  private static final int LARGE = 4;
  private static final int WARM_UPS = 5;
  private static final String MEMBER = "in/tree/disk.raw";
  private static final String RAW = "run/out/disk.raw";
  private static final List<PartName> NAMES =
      List.of(PartName.ROOTFS, PartName.INITRAMFS, PartName.KERNEL);

  private final Workplace place;
  private final Options options;
  private final String web;

  /** Races in a workplace of which {@code web} serves the files at {@code host:port}. */
  Races(Workplace place, Options options, String web) {
    this.place = place;
    this.options = options;
    this.web = web;
  }

  /** Makes the input of a row; that of the row before is gone then. */
  Race of(Row row) throws IOException {
    var inputs = new Inputs(place);
    inputs.text("config.json", CONFIG);
    return switch (row) {
      case PUSH -> push(files(inputs));
      case PULL -> pull(files(inputs));
      case COPY -> copy(files(inputs));
      case TLS -> tls(files(inputs));
      case ZST -> download(zst(inputs, 1), null, Compression.ZSTD, "zstd", "-dqc");
      case XZ -> {
        var tree = disk(inputs);
        var packed = inputs.by(Command.of("xz", "-6", "-T0", "-c", tree.file()), "disk.raw.xz");
        yield download(new Packed(tree, packed), null, Compression.XZ, "xz", "-dc");
      }
      case TAR_GZ ->
          download(tarGz(inputs), MEMBER, Compression.NONE, "tar", "-xzO", "-f", "-", MEMBER);
      case MEMORY_RAW -> {
        var large = inputs.by(cat(disk(inputs), LARGE), "large.raw");
        yield memory(new Packed(large, large), Compression.NONE);
      }
      case MEMORY_ZST -> memory(zst(inputs, LARGE), Compression.ZSTD);
      case GATEWAY, OBJECTS -> throw new IllegalArgumentException(row + " is no race");
    };
  }

  /** What is published, and the file that it comes in. */
  private record Packed(Input content, Input file) {}

  private List<Input> files(Inputs inputs) throws IOException {
    return List.of(
        inputs.random("rootfs", options.scaled(DISK)),
        inputs.random("initramfs", options.scaled(INITRAMFS)),
        inputs.random("kernel", options.scaled(KERNEL)));
  }

  private Input disk(Inputs inputs) throws IOException {
    return inputs.tree("disk.raw", options.scaled(DISK));
  }

  /** The tree so many times, compressed as zstd does by default. */
  private Packed zst(Inputs inputs, int times) throws IOException {
    var tree = disk(inputs);
    var cat = cat(tree, times);
    var packed = inputs.by(cat.pipe("zstd", "-q", "-T0", "-c"), "disk.raw.zst");
    if (times == 1) {
      return new Packed(tree, packed);
    }
    var sum = inputs.by(cat.pipe("sha256sum").pipe("cut", "-c", "1-64"), "sum");
    var digest = new Digest(Files.readString(place.path(sum.file())).strip());
    place.delete(tree.file());
    return new Packed(new Input(tree.file(), digest), packed);
  }

  private static Command cat(Input file, int times) {
    return Command.of(
        Stream.concat(Stream.of("cat"), Stream.generate(file::file).limit(times))
            .toArray(String[]::new));
  }

  private Packed tarGz(Inputs inputs) throws IOException {
    Files.createDirectories(place.path("in/tree"));
    inputs.random("tree/before", options.scaled(INITRAMFS));
    var tree = inputs.tree("tree/disk.raw", options.scaled(DISK));
    inputs.random("tree/later", options.scaled(KERNEL));
    var tar = Command.of("tar", "--format=ustar", "--sort=name", "-cf", "-", "in/tree");
    return new Packed(tree, inputs.by(tar.pipe("gzip", "-c"), "tree.tar.gz"));
  }

  private Race push(List<Input> files) {
    var sources = new ArrayList<PlannedSource>();
    var parts = new ArrayList<PlannedPart>();
    for (int i = 0; i < files.size(); i++) {
      sources.add(new PlannedSource.Local(files.get(i).file(), null));
      parts.add(part(NAMES.get(i), i, null, Compression.NONE));
    }
    return new Race(
        new BuilderSide(place, sources, parts),
        new CommandSide(place, stage -> orasPush(stage.reference(), files, "--plain-http")),
        null,
        published(files),
        false,
        0);
  }

  private Race pull(List<Input> files) {
    return new Race(
        new CommandSide(place, stage -> Java.work(Pull.class, stage.source(), "run/out")),
        new CommandSide(
            place,
            stage ->
                Command.of(
                    "oras", "pull", "--no-tty", "--plain-http", "-o", "run/out", stage.source())),
        reference -> orasPush(reference, files, "--plain-http"),
        stage -> {
          for (var file : files) {
            Store.checkFile(stage.output(file.file()), file.digest());
          }
        },
        false,
        0);
  }

  private Race copy(List<Input> files) {
    return new Race(
        new CommandSide(
            place, stage -> Java.work(CopyArtifact.class, stage.source(), stage.reference())),
        new CommandSide(
            place,
            stage ->
                Command.of(
                    "skopeo",
                    "--insecure-policy",
                    "copy",
                    "--quiet",
                    "--preserve-digests",
                    "--src-tls-verify=false",
                    "--dest-tls-verify=false",
                    "docker://" + stage.source(),
                    "docker://" + stage.reference())),
        reference -> orasPush(reference, files, "--plain-http"),
        stage -> {
          published(files).check(stage);
          var was = stage.sourceStore().tagged(Stage.NAME, Stage.TAG);
          var is = stage.store().tagged(Stage.NAME, Stage.TAG);
          if (!is.equals(was)) {
            throw new BenchException("the copy is " + is + " and its original " + was);
          }
        },
        false,
        0);
  }

  private Race tls(List<Input> files) throws IOException {
    Certificate.make(place);
    var arguments =
        Stream.concat(Stream.of(Certificate.FILE), files.stream().map(Input::file)).toList();
    return new Race(
        new WarmSide(place, arguments),
        new CommandSide(
            place, stage -> orasPush(stage.reference(), files, "--ca-file=" + Certificate.FILE)),
        null,
        published(files),
        true,
        WARM_UPS);
  }

  private Race download(
      Packed packed, @Nullable String path, Compression compression, String... unpack) {
    var content = List.of(packed.content());
    return new Race(
        fromWeb(packed, path, compression),
        new CommandSide(
            place,
            stage ->
                Command.of("curl", "-sSf", url(packed))
                    .pipe(unpack)
                    .into(RAW)
                    .then(
                        orasPush(
                            stage.reference(),
                            List.of(new Input(RAW, packed.content().digest())),
                            "--plain-http"))),
        null,
        published(content),
        false,
        0);
  }

  private Race memory(Packed packed, Compression compression) {
    var check = published(List.of(packed.content()));
    return new Race(fromWeb(packed, null, compression), null, null, check, false, 0);
  }

  private Side fromWeb(Packed packed, @Nullable String path, Compression compression) {
    var source = new PlannedSource.Http(url(packed), packed.file().digest(), null, null);
    return new BuilderSide(
        place, List.of(source), List.of(part(PartName.ROOTFS, 0, path, compression)));
  }

  private String url(Packed packed) {
    return "http://" + web + "/" + packed.file().file();
  }

  private static PlannedPart part(
      PartName name, int source, @Nullable String path, Compression compression) {
    return new PlannedPart(name, LAYER_TYPE + name.text(), source, path, compression, null, false);
  }

  private static Command orasPush(String reference, List<Input> files, String trust) {
    var words = new ArrayList<>(List.of("oras", "push", "--no-tty", trust));
    words.addAll(List.of("--config", "in/config.json:" + CONFIG_TYPE, reference));
    for (int i = 0; i < files.size(); i++) {
      words.add(files.get(i).file() + ":" + LAYER_TYPE + NAMES.get(i).text());
    }
    return Command.of(words.toArray(String[]::new));
  }

  private static Race.Check published(List<Input> files) {
    return stage ->
        stage.store().check(Stage.NAME, Stage.TAG, files.stream().map(Input::digest).toList());
  }
}
