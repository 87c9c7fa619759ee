package dev.osimage.oci;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A SHA-256 content digest (OCI image-spec, "Digests"): {@code hex} is 64 lower-case hex digits.
 * Other registered algorithms are refused with a sentence.
 */
public record Digest(String hex) {

  private static final String PREFIX = "sha256:";
  private static final Pattern HEX = Pattern.compile("[a-f0-9]{64}");

  public Digest {
    if (!HEX.matcher(hex).matches()) {
      throw new IllegalArgumentException("'%.150s' is not 64 lower-case hex digits".formatted(hex));
    }
  }

  /** Parses {@code sha256:<hex>}; throws {@link IllegalArgumentException} for anything else. */
  @JsonCreator
  public static Digest parse(String text) {
    if (!text.startsWith(PREFIX)) {
      throw new IllegalArgumentException(
          "'%.150s' is not a digest of the form sha256:<hex>".formatted(text));
    }
    return new Digest(text.substring(PREFIX.length()));
  }

  /** The digest of these bytes. */
  public static Digest of(byte[] content) {
    var hash = sha256();
    hash.update(content);
    return finish(hash);
  }

  /** The digest of everything that can still be read from a stream. */
  public static Digest of(InputStream content) throws IOException {
    var hash = sha256();
    var buffer = new byte[64 * 1024];
    int read;
    while ((read = content.read(buffer)) >= 0) {
      hash.update(buffer, 0, read);
    }
    return finish(hash);
  }

  /** The digest that a finished {@link MessageDigest} of {@link #sha256()} stands for. */
  public static Digest finish(MessageDigest hash) {
    return new Digest(HexFormat.of().formatHex(hash.digest()));
  }

  /** A fresh SHA-256. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  /** {@code sha256:<hex>}. */
  @Override
  @JsonValue
  public String toString() {
    return PREFIX + hex;
  }
}
