package dev.osimage.oci.signature;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;

/** A file of one block of PEM (RFC 7468), at most 64 KiB. */
final class Pem {

  private static final int MAX_BYTES = 64 * 1024;
  private static final Pattern BLOCK =
      Pattern.compile(
          "\\s*+-----BEGIN ([A-Z0-9 ]{1,64})-----\\r?\\n([A-Za-z0-9+/=\\r\\n]*+)"
              + "-----END \\1-----\\s*+");

  private final String label;
  private final byte[] content;

  Pem(String label, byte[] content) {
    this.label = label;
    this.content = content;
  }

  static Pem parse(byte[] file) {
    if (file.length > MAX_BYTES) {
      throw new UnusableKeyException("the key file has more than 64 KiB");
    }
    var block = BLOCK.matcher(new String(file, StandardCharsets.ISO_8859_1));
    if (!block.matches()) {
      throw new UnusableKeyException(
          "the key file is not one PEM block from '-----BEGIN …-----' to '-----END …-----'");
    }
    try {
      var base64 = block.group(2).replaceAll("[\\r\\n]", "");
      return new Pem(block.group(1), Base64Text.decode("the PEM block of the key file", base64));
    } catch (IllegalArgumentException e) {
      throw new UnusableKeyException(String.valueOf(e.getMessage()));
    }
  }

  String label() {
    return label;
  }

  byte[] content() {
    return content;
  }

  byte[] toBytes() {
    var lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(label, lines)
        .getBytes(StandardCharsets.US_ASCII);
  }
}
