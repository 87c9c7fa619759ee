package dev.osimage.oci.registry;

import dev.osimage.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.OptionalLong;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * A request body that is read once from a stream and hashed on its way. It tells a failure of the
 * stream from a failure of the connection, which OkHttp can't.
 */
final class HashingBody extends RequestBody {

  private static final int BUFFER = 64 * 1024;

  private final InputStream content;
  private final OptionalLong length;
  private final MediaType type;
  private final MessageDigest hash = Digest.sha256();
  private long sent;
  private @Nullable IOException readFailure;

  HashingBody(InputStream content, OptionalLong length, MediaType type) {
    this.content = content;
    this.length = length;
    this.type = type;
  }

  @Override
  public MediaType contentType() {
    return type;
  }

  @Override
  public long contentLength() {
    return length.orElse(-1);
  }

  @Override
  public boolean isOneShot() {
    return true;
  }

  @Override
  public void writeTo(BufferedSink sink) throws IOException {
    var buffer = new byte[BUFFER];
    int read;
    while ((read = read(buffer)) >= 0) {
      hash.update(buffer, 0, read);
      sink.write(buffer, 0, read);
      sent += read;
    }
  }

  private int read(byte[] buffer) throws IOException {
    try {
      return content.read(buffer);
    } catch (IOException e) {
      readFailure = e;
      throw e;
    }
  }

  /** Throws what reading the stream failed with, if it did. */
  void throwReadFailure() throws IOException {
    if (readFailure != null) {
      throw readFailure;
    }
  }

  /** The digest of what was sent; once, after the request. */
  Digest digest() {
    return Digest.finish(hash);
  }

  long sent() {
    return sent;
  }
}
