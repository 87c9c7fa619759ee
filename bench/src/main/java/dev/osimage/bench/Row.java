package dev.osimage.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is measured, and what it has to reach. */
enum Row {
  PUSH("push from files: 1 GiB + 30 MiB + 13 MiB", "oras push", 0.90, 0.78, Unit.RATIO),
  PULL("pull to files: the same artifact", "oras pull", 0.95, 0.75, Unit.RATIO),
  ZST("disk.raw.zst by URL, decompressed", "curl, zstd -d, oras push", 0.8, 0.6, Unit.RATIO),
  TAR_GZ("member of a .tar.gz by URL", "curl, tar -xzO, oras push", 0.8, 0.6, Unit.RATIO),
  XZ("disk.raw.xz by URL, decompressed", "curl, xz -d, oras push", 1.3, 0.9, Unit.RATIO),
  COPY("copy from registry to registry", "skopeo copy", 1.0, 0.8, Unit.RATIO),
  TLS("push over TLS, warm process", "oras push", 1.1, 0.95, Unit.RATIO),
  MEMORY_RAW("peak memory, 4 GiB by URL", "", 128, 96, Unit.MIB),
  MEMORY_ZST("peak memory, 4 GiB as .zst by URL", "", 128, 96, Unit.MIB),
  GATEWAY("boot gateway: 64 MiB cached, 1 GiB cold", "nginx, curl", 0, 0, Unit.SERVING),
  OBJECTS("1000 OsImages, one operator", "", 0, 0, Unit.WRITES);

  /** What a row's value is. */
  enum Unit {
    /** Our wall time by the peer's, pair by pair. */
    RATIO,
    /** The most memory that was resident, in MiB. */
    MIB,
    /** How fast parts are served: see {@link GatewayResult}. */
    SERVING,
    /** What the operator writes while nothing changes. */
    WRITES
  }

  private final String title;
  private final String against;
  private final double must;
  private final double aim;
  private final Unit unit;

  Row(String title, String against, double must, double aim, Unit unit) {
    this.title = title;
    this.against = against;
    this.must = must;
    this.aim = aim;
    this.unit = unit;
  }

  /** The name in settings and of the files with the results. */
  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The row with this name; the message of the exception lists all names. */
  static Row of(String text) {
    return Arrays.stream(values())
        .filter(row -> row.text().equals(text))
        .findFirst()
        .orElseThrow(() ->
            new BenchException(
                "'%s' is no row; there are %s"
                    .formatted(
                        text,
                        Arrays.stream(values()).map(Row::text).collect(Collectors.joining(", ")))));
  }

  /** One sentence that says what is done. */
  String title() {
    return title;
  }

  /** The peer's programs; empty where there is no peer. */
  String against() {
    return against;
  }

  /** The largest value that is acceptable. */
  double must() {
    return must;
  }

  /** The value to get to. */
  double aim() {
    return aim;
  }

  Unit unit() {
    return unit;
  }

  /** Whether it is a {@link Race}; the others are a {@link Fleet} and {@link Serving}. */
  boolean isRace() {
    return unit == Unit.RATIO || unit == Unit.MIB;
  }

  /** The registries that it is measured on. */
  List<RegistryKind> registries() {
    return unit == Unit.MIB ? List.of(RegistryKind.DISTRIBUTION_3) : RegistryKind.ALL;
  }
}
