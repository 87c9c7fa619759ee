package dev.osimage.e2e;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Contents for parts. */
final class TestFiles {

  private TestFiles() {}

  /** Bytes that nothing compresses, the same for the same seed. */
  static byte[] random(int length, long seed) {
    var bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** What looks like a 64-bit x86 kernel to whoever reads its header. */
  static byte[] kernel(int length, long seed) {
    var bytes = ByteBuffer.wrap(random(length, seed)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putShort(0x1fe, (short) 0xAA55);
    bytes.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII));
    bytes.putShort(0x236, (short) 1);
    return bytes.array();
  }

  /** A long file without a place on disk: a random block with a counter, again and again. */
  static InputStream endless(long length) {
    var block = random(1 << 20, 42);
    return new InputStream() {
      private long position;

      @Override
      public int read() {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] buffer, int offset, int wanted) {
        if (position == length) {
          return -1;
        }
        int at = (int) (position % block.length);
        int count = (int) Math.min(Math.min(wanted, block.length - at), length - position);
        System.arraycopy(block, at, buffer, offset, count);
        if (at == 0) {
          buffer[offset] = (byte) (position >>> 20);
        }
        position += count;
        return count;
      }
    };
  }
}
