package dev.osimage.oci.content;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Iterator;

/** A sparse file as it was: its data, and zeros where it had holes. */
final class SparseStream extends InputStream {

  private final InputStream data;
  private final long size;
  private final Iterator<SparseMap.Part> parts;
  private long dataFrom;
  private long dataTo;
  private long position;

  /** The data are those of all parts. */
  SparseStream(InputStream data, SparseMap map) {
    this.data = data;
    this.size = map.size();
    this.parts = map.parts().iterator();
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    while (position >= dataTo && parts.hasNext()) {
      var part = parts.next();
      dataFrom = part.offset();
      dataTo = part.end();
    }
    int read;
    if (position >= dataFrom && position < dataTo) {
      read = data.read(buffer, offset, (int) Math.min(length, dataTo - position));
    } else {
      read = (int) Math.min(length, (position < dataFrom ? dataFrom : size) - position);
      Arrays.fill(buffer, offset, offset + read, (byte) 0);
    }
    position += Math.max(read, 0);
    return read == 0 && length > 0 ? -1 : read;
  }
}
