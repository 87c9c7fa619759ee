package dev.osimage.bench;

/** Why there is no result: a sentence for whoever started the benchmark. */
final class BenchException extends RuntimeException {

  private static final long serialVersionUID = 1;

  BenchException(String message) {
    super(message);
  }
}
