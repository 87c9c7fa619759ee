package dev.osimage.oci.signature;

import dev.osimage.oci.ContentReader;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.http.ConnectionFailure;
import dev.osimage.oci.registry.RegistryException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The search for signatures of a manifest by certain keys: those that hold, and why others don't.
 * What can't be read or is malformed is one of the others, so that it hides no signature that
 * holds.
 */
final class Search {

  private final ContentReader content;
  private final Digest subject;
  private final List<VerificationKey> keys;
  private final List<VerifiedSignature> holding = new ArrayList<>();
  private final List<String> reasons = new ArrayList<>();
  private boolean unread;

  Search(ContentReader content, Digest subject, List<VerificationKey> keys) {
    this.content = content;
    this.subject = subject;
    this.keys = keys;
  }

  /** A read from the place of content. */
  @FunctionalInterface
  private interface Read<T> {
    T read() throws IOException;
  }

  Digest subject() {
    return subject;
  }

  List<VerifiedSignature> holding() {
    return List.copyOf(holding);
  }

  List<String> reasons() {
    return List.copyOf(reasons);
  }

  /** Whether something could not be read. */
  boolean unread() {
    return unread;
  }

  void refuse(String what, String why) {
    reasons.add(what + " " + why);
  }

  /**
   * Takes the claim for a signature that holds, unless it is an {@link IllegalArgumentException},
   * whose message is the end of a sentence.
   */
  void judge(String what, Supplier<VerifiedSignature> claim) {
    try {
      holding.add(claim.get());
    } catch (IllegalArgumentException e) {
      refuse(what, "does not count: " + e.getMessage());
    }
  }

  /** The id of the first key that a check succeeds with. */
  String signer(Predicate<VerificationKey> check) {
    return keys.stream()
        .filter(check)
        .findFirst()
        .map(VerificationKey::id)
        .orElseThrow(() -> new IllegalArgumentException("none of the keys has made it"));
  }

  /** The manifest, or empty with a reason. */
  Optional<Manifest> manifest(String what, String reference) {
    var manifest = read(what, () -> content.manifest(reference));
    if (manifest.isPresent() && manifest.get().isEmpty()) {
      refuse(what, "does not exist");
    }
    return manifest.orElse(Optional.empty());
  }

  List<Descriptor> referrers() {
    return read("the list of referrers", () -> content.referrers(subject)).orElse(List.of());
  }

  /** A blob of at most so many bytes, or empty with a reason. */
  Optional<byte[]> blob(String what, Descriptor blob, int limit) {
    if (blob.size() > limit) {
      refuse(what, "has %d bytes, more than %d".formatted(blob.size(), limit));
      return Optional.empty();
    }
    return read(
        what,
        () -> {
          try (var in = content.blob(blob)) {
            // One more than promised, so that the stream comes to its end and is checked there.
            var bytes = in.readNBytes((int) blob.size() + 1);
            if (bytes.length != blob.size()) {
              throw new IOException("it does not have the " + blob.size() + " bytes promised");
            }
            return bytes;
          }
        });
  }

  private <T> Optional<T> read(String what, Read<T> read) {
    String why;
    try {
      return Optional.of(read.read());
    } catch (IOException e) {
      why = ConnectionFailure.describe(e);
    } catch (RegistryException e) {
      why = String.valueOf(e.getMessage());
    }
    unread = true;
    refuse(what, "can't be read: " + why);
    return Optional.empty();
  }
}
