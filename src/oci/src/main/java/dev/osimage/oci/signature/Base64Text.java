package dev.osimage.oci.signature;

import java.util.Base64;

/** Base64 (RFC 4648, section 4) of which there is one spelling only: padded, no stray bits. */
final class Base64Text {

  private Base64Text() {}

  static String encode(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Throws {@link IllegalArgumentException}, naming {@code what} and not quoting the text. */
  static byte[] decode(String what, String text) {
    try {
      var bytes = Base64.getDecoder().decode(text);
      // The decoder itself takes texts without padding and with bits that mean nothing.
      if (encode(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Its message quotes a character of what may be a secret.
    }
    throw new IllegalArgumentException(what + " is not base64");
  }
}
