package dev.osimage.oci.signature;

/**
 * A key file can't be used: it is malformed, of a kind that is not accepted, or closed by another
 * password. The message never quotes the file or the password.
 */
public final class UnusableKeyException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UnusableKeyException(String message) {
    super(message);
  }
}
