package dev.osimage.oci;

/** Content that was sent has another digest than promised; the registry has not kept it. */
public final class DigestMismatchException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Digest expected;
  private final transient Digest actual;
  private final long size;

  /** What was expected, and what {@code size} bytes turned out to be. */
  public DigestMismatchException(Digest expected, Digest actual, long size) {
    super("expected " + expected + ", found " + actual + " in " + size + " bytes");
    this.expected = expected;
    this.actual = actual;
    this.size = size;
  }

  /** The digest that was promised. */
  public Digest expected() {
    return expected;
  }

  /** The digest of the bytes that came. */
  public Digest actual() {
    return actual;
  }

  /** How many bytes came. */
  public long size() {
    return size;
  }
}
