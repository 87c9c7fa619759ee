package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.osimage.oci.Digest;
import dev.osimage.oci.faults.Fault;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Profile;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that is done with a registry, against everything that registries were seen to do. */
class QuirkTableTest extends AgainstFaults {

  private static final Set<Quirk> ABOUT_TLS =
      EnumSet.of(Quirk.UPLOADS_PLAIN, Quirk.STORAGE_PLAIN, Quirk.TOKENS_PLAIN);
  private static final Set<Quirk> NO_MOUNT =
      EnumSet.of(Quirk.MOUNT_202, Quirk.MOUNT_STATUS, Quirk.FIRST_SCOPE_ONLY);

  @TempDir Path folder;

  static Stream<Arguments> table() {
    return Arrays.stream(Quirk.values())
        .flatMap(quirk ->
            Arrays.stream(Operation.values()).map(operation -> Arguments.of(quirk, operation)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("table")
  void everyQuirkIsBorneOrRefusedWithItsName(Quirk quirk, Operation operation) throws IOException {
    var registry = ABOUT_TLS.contains(quirk) ? tlsRegistry(with(quirk)) : registry(with(quirk));
    var refusal = refusal(quirk, operation);

    if (operation == Operation.MOUNT) {
      operation.run(registry, client(registry), folder);
      boolean mounted = registry.blob(Digest.of(bytes(1001))).isPresent();
      assertThat(mounted).isEqualTo(refusal == null && !NO_MOUNT.contains(quirk));
    } else if (refusal == null) {
      operation.run(registry, client(registry), folder);
    } else {
      var failure =
          catchThrowableOfType(
              RegistryException.class, () -> operation.run(registry, client(registry), folder));
      assertThat(failure).isNotNull();
      assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(refusal);
      assertThat(registry.openUploads()).isLessThanOrEqualTo(1);
    }
  }

  /** Faults that a quirk shows only together with. */
  private static Fault[] with(Quirk quirk) {
    var faults = new ArrayList<Fault>(List.of(quirk));
    switch (quirk) {
      case CONTENT_RANGE_CAP, CONTENT_RANGE_IGNORED, STALE_RANGE, LYING_RANGE, CHUNK_MINIMUM ->
          faults.add(Quirk.BODY_LIMIT.of(2 << 20));
      case ONE_PATCH_ONLY, EMPTY_PUT_500 -> faults.add(Quirk.NO_CHUNKED_TRANSFER);
      case PUT_BODY_404, BROKEN_PATCH_KILLS_SESSION -> faults.add(Quirk.BODY_CUT);
      case STORAGE_ASKS_FOR_CREDENTIALS, STORAGE_PLAIN, NO_BLOB_RANGES ->
          faults.add(Quirk.BLOB_REDIRECT);
      case EAGER_REFUSAL, EAGER_REFUSAL_RESET, HTML_ERRORS -> faults.add(Quirk.NO_PATCH.of(405));
      case SUBJECT_WITHOUT_API -> faults.add(Quirk.NO_REFERRERS);
      case ABSOLUTE_LINK, LINK_ELSEWHERE, LINK_LOOP -> faults.add(Quirk.PAGES);
      case CHALLENGES_IN_ONE_LINE, CHALLENGES_IN_LINES, ODD_CASE ->
          faults.addAll(List.of(Quirk.BASIC, Quirk.BEARER));
      case TOKENS_ELSEWHERE,
          TOKENS_PLAIN,
          TOKENS_PRIVATE,
          ANONYMOUS_PULL,
          READ_ONLY,
          TOKEN_SECONDS,
          TOKEN_USES,
          NO_EXPIRES_IN,
          NO_ISSUED_AT,
          ACCESS_TOKEN,
          NO_TOKEN_POST,
          FIRST_SCOPE_ONLY,
          NO_DELETE_ACTION,
          SCOPE_403,
          NO_MOUNT_SCOPE ->
          faults.add(Quirk.BEARER);
      default -> {
        // It shows by itself.
      }
    }
    return faults.toArray(Fault[]::new);
  }

  /** How an operation has to fail, or null where it has to work. */
  private static @Nullable Kind refusal(Quirk quirk, Operation operation) {
    return switch (quirk) {
      case UPLOADS_PLAIN, UPLOADS_PRIVATE, NO_LOCATION ->
          operation.uploads() ? Kind.PROTOCOL : null;
      case BLOB_REDIRECT_LOOP, BLOB_REDIRECT_PRIVATE, STORAGE_PLAIN ->
          operation.readsBlobs() ? Kind.PROTOCOL : null;
      case STORAGE_ASKS_FOR_CREDENTIALS -> operation.readsBlobs() ? Kind.UNAUTHORIZED : null;
      case READ_ONLY ->
          operation.writes() || operation == Operation.MOUNT ? Kind.UNAUTHORIZED : null;
      case TOKENS_PLAIN, TOKENS_PRIVATE -> Kind.PROTOCOL;
      case LINK_ELSEWHERE, LINK_LOOP -> operation == Operation.REFER ? Kind.PROTOCOL : null;
      default -> null;
    };
  }

  static Stream<Arguments> profiles() {
    return Arrays.stream(Profile.values())
        .flatMap(profile ->
            Arrays.stream(Operation.values()).map(operation -> Arguments.of(profile, operation)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("profiles")
  void everyKnownRegistryIsGoodForEverything(Profile profile, Operation operation)
      throws IOException {
    var registry = registry(profile);

    operation.run(registry, client(registry), folder);
  }

  static IntStream seeds() {
    return IntStream.range(0, 200);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void severalQuirksAtOnceAreBorneToo(int seed) throws IOException {
    var random = new Random(seed);
    var quirks = combination(random);
    var registry = registry(quirks.toArray(Fault[]::new));
    var client = client(registry);
    var operations = new ArrayList<>(List.of(Operation.values()));
    Collections.shuffle(operations, random);

    for (var operation : operations.subList(0, 4)) {
      run(operation, registry, client, quirks);
    }
  }

  private void run(
      Operation operation, FaultRegistry registry, RegistryClient client, List<Fault> quirks) {
    try {
      operation.run(registry, client, folder);
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError(operation + " with " + quirks + ": " + e.getMessage(), e);
    }
  }

  /** Some quirks of which each can be borne, and none makes another one unbearable. */
  private static List<Fault> combination(Random random) {
    var bearable = new ArrayList<Quirk>();
    for (var quirk : Quirk.values()) {
      boolean refused =
          Arrays.stream(Operation.values()).anyMatch(each -> refusal(quirk, each) != null);
      if (!refused && !ABOUT_TLS.contains(quirk)) {
        bearable.add(quirk);
      }
    }
    // Without PATCH, only PUT with the content remains; and cut bodies need several PATCHes.
    var alternatives =
        List.of(Quirk.NO_PATCH, Quirk.PUT_BODY_404, Quirk.ONE_PATCH_ONLY, Quirk.BODY_CUT);
    bearable.removeAll(alternatives);
    // A token for three requests does not last for an upload in chunks.
    bearable.removeAll(List.of(Quirk.EMPTY_PUT_500, Quirk.TOKEN_USES));
    Collections.shuffle(bearable, random);
    var quirks = new ArrayList<Fault>(bearable.subList(0, 2 + random.nextInt(6)));
    quirks.add(alternatives.get(random.nextInt(alternatives.size())));
    if (random.nextBoolean()) {
      quirks.add(Quirk.BEARER);
    }
    return quirks;
  }
}
