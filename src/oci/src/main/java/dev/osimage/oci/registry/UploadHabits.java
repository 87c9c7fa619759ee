package dev.osimage.oci.registry;

import dev.osimage.oci.registry.UploadMode.Chunks;
import dev.osimage.oci.registry.UploadMode.Stream;
import dev.osimage.oci.registry.UploadMode.Whole;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How blobs are sent to one registry, as far as experience goes: which registry it is, and which
 * proxies stand before it, is nobody's to configure. Every upload begins in the mode that the last
 * failure taught.
 */
final class UploadHabits {

  /** Where a failed upload stood. */
  enum Step {
    CONTENT,
    COMMIT
  }

  private static final Logger LOG = LoggerFactory.getLogger(UploadHabits.class);

  private static final int FIRST_CHUNK = 64 * 1024 * 1024;

  private static final int SMALLEST_CHUNK = 256 * 1024;
  private static final Set<Integer> LESSONS = Set.of(400, 404, 405, 411, 413, 416, 501);
  private static final Set<String> SESSION_CODES =
      Set.of("BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID");

  private UploadMode mode = new Stream();
  private boolean wholeRefused;
  private int cuts;

  synchronized UploadMode mode() {
    return mode;
  }

  /** An upload succeeded: cuts before it were accidents. */
  synchronized void succeeded() {
    cuts = 0;
  }

  /**
   * Takes note of a failure of an upload in mode {@code used}; {@code sized} says whether its
   * length was known. Returns whether the same upload shall be tried in another mode at once.
   */
  synchronized boolean learn(UploadMode used, Step step, boolean sized, RegistryException failure) {
    if (!mode.equals(used)) {
      // Another upload has learned it meanwhile.
      return failure.status() == 0 ? failure.retryable() : LESSONS.contains(failure.status());
    }
    var next =
        switch (used) {
          case Stream any -> afterStream(step, sized, failure);
          case Chunks chunks -> afterChunks(chunks, step, failure);
          case Whole any -> afterWhole(failure);
        };
    if (next.isEmpty()) {
      return false;
    }
    LOG.info("{}; sending blobs as {} from now on", failure.getMessage(), next.get());
    mode = next.get();
    // What a cut has taught, the next one teaches at once.
    cuts = failure.status() == 0 ? 1 : 0;
    return true;
  }

  private Optional<UploadMode> afterStream(Step step, boolean sized, RegistryException failure) {
    if (step == Step.COMMIT) {
      return Optional.empty();
    }
    boolean lengthMissing =
        !sized
            && (failure.status() == 411
                || failure.status() == 400
                || failure.code().equals("CONTENT_LENGTH_INVALID"));
    if (lengthMissing) {
      return Optional.of(new Chunks(BlobSession.LARGEST_BUFFER));
    }
    if (failure.status() == 413) {
      return Optional.of(new Chunks(FIRST_CHUNK));
    }
    if (knowsNoPatch(failure)) {
      return Optional.of(new Whole());
    }
    return cutAgain(failure) ? Optional.of(new Chunks(FIRST_CHUNK)) : Optional.empty();
  }

  private Optional<UploadMode> afterChunks(Chunks used, Step step, RegistryException failure) {
    if (step == Step.COMMIT) {
      return failure.status() >= 500 ? whole() : Optional.empty();
    }
    boolean tooMuch = failure.status() == 413 || failure.status() == 416;
    if ((tooMuch || cutAgain(failure)) && used.size() > SMALLEST_CHUNK) {
      return Optional.of(new Chunks(Math.max(used.size() / 4, SMALLEST_CHUNK)));
    }
    boolean refused = failure.kind() == RegistryException.Kind.REFUSED && !lostSession(failure);
    return tooMuch || refused ? whole() : Optional.empty();
  }

  private Optional<UploadMode> whole() {
    return wholeRefused ? Optional.empty() : Optional.of(new Whole());
  }

  private Optional<UploadMode> afterWhole(RegistryException failure) {
    if (wholeRefused || failure.status() != 413) {
      return Optional.empty();
    }
    wholeRefused = true;
    return Optional.of(new Chunks(FIRST_CHUNK));
  }

  private static boolean knowsNoPatch(RegistryException failure) {
    return switch (failure.status()) {
      case 404 -> !lostSession(failure);
      case 405, 501 -> true;
      case 400 -> failure.code().equals("UNSUPPORTED");
      default -> false;
    };
  }

  /** Whether the registry does not know the session any more: another replica answers, often. */
  static boolean lostSession(RegistryException failure) {
    return SESSION_CODES.contains(failure.code());
  }

  /** Once is bad luck; twice is something on the way that cuts long bodies. */
  private boolean cutAgain(RegistryException failure) {
    boolean cut = failure.status() == 0 && failure.retryable();
    return cut && ++cuts >= 2;
  }
}
