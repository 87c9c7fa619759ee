package dev.osimage.oci.content;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/**
 * Passes bytes on while they can still be those of a blob. The last of them are handed over only
 * after digest and length have been checked, so that nobody ever holds a whole wrong blob.
 */
public final class VerifyingStream extends FilterInputStream {

  private final Descriptor blob;
  private final String place;
  private final MessageDigest hash = Digest.sha256();
  private long read;
  private boolean verified;

  /** Verifies a blob that is read from {@code place}, which messages name. */
  public VerifyingStream(InputStream in, Descriptor blob, String place) {
    super(in);
    this.blob = blob;
    this.place = place;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    long left = blob.size() - read;
    int count = left == 0 ? -1 : in.read(buffer, offset, (int) Math.min(length, left));
    if (count > 0) {
      hash.update(buffer, offset, count);
      read += count;
    }
    if (count < 0 || read == blob.size()) {
      verify();
    }
    return count;
  }

  private void verify() throws IOException {
    if (verified) {
      return;
    }
    if (read < blob.size()) {
      throw damaged("ends after " + read + " of " + blob.size() + " bytes");
    }
    if (in.read() >= 0) {
      throw damaged("has more than " + blob.size() + " bytes");
    }
    var actual = Digest.finish(hash);
    if (!actual.equals(blob.digest())) {
      throw damaged("has the content of " + actual);
    }
    verified = true;
  }

  private ContentException damaged(String found) {
    return new ContentException(
        "the blob %s of %s is damaged: it %s".formatted(blob.digest(), place, found));
  }

  @Override
  public long skip(long count) throws IOException {
    var buffer = new byte[Math.clamp(count, 1, 8192)];
    return count <= 0 ? 0 : Math.max(0, read(buffer, 0, buffer.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
