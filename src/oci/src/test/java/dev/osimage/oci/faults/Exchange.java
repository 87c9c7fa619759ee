package dev.osimage.oci.faults;

import java.io.IOException;

/** A request and its body, which may still be on its way. */
record Exchange(Received request, RequestBody body) {

  /** What answers requests; an {@link IOException} ends the connection with a reset. */
  @FunctionalInterface
  interface Handler {
    Answer answer(Exchange exchange) throws IOException;
  }
}
