package dev.osimage.oci.content;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the frames of zstd one after the other (RFC 8878, section 3). Headers are looked at
 * before the native decoder sees them: its window is memory outside the heap.
 */
final class ZstdDecoder extends InputStream {

  private static final int MAGIC = 0xfd2fb528;
  private static final int SKIPPABLE_MAGIC = 0x184d2a50;
  private static final int MAX_HEADER = 18;
  private static final int BUFFER = 128 * 1024;

  private final InputStream in;
  private final DecompressionLimits limits;
  private final Windows windows;
  private final ByteBuffer input =
      ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private @Nullable ZstdDecompressCtx decoder;
  private Windows.@Nullable Share share;
  private long window = -1;
  private boolean inFrame;
  private boolean hadFrame;

  ZstdDecoder(InputStream in, DecompressionLimits limits, Windows windows) {
    this.in = in;
    this.limits = limits;
    this.windows = windows;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    var output = ByteBuffer.wrap(buffer, offset, length);
    while (output.position() == offset && length > 0) {
      if (!inFrame && !nextFrame()) {
        release();
        return -1;
      }
      inFrame = !decoder().decompressByteBufferStream(output, input);
      if (inFrame && output.position() == offset && !input.hasRemaining()) {
        require(1);
      }
    }
    return output.position() - offset;
  }

  /** Goes to the first block of the next frame; false at the end of the input. */
  private boolean nextFrame() throws IOException {
    while (fill(1)) {
      require(Integer.BYTES);
      int magic = input.getInt(input.position());
      if ((magic & ~0xf) == SKIPPABLE_MAGIC) {
        skipFrame();
      } else if (magic == MAGIC) {
        fill(MAX_HEADER);
        prepare(windowOfFrame());
        hadFrame = true;
        return true;
      } else {
        throw new ContentException(
            hadFrame
                ? "After the zstd data there is something else"
                : "The content is not compressed with zstd");
      }
    }
    if (!hadFrame) {
      throw new EOFException("there is no frame");
    }
    return false;
  }

  private void skipFrame() throws IOException {
    require(2 * Integer.BYTES);
    input.getInt();
    long left = Integer.toUnsignedLong(input.getInt());
    while (left > 0) {
      require(1);
      int step = (int) Math.min(left, input.remaining());
      input.position(input.position() + step);
      left -= step;
    }
  }

  /** How much of its output the frame at hand may refer back to (RFC 8878, section 3.1.1.1). */
  private long windowOfFrame() throws IOException {
    int at = input.position() + Integer.BYTES;
    require(6);
    int descriptor = input.get(at++);
    boolean singleSegment = (descriptor & 0x20) != 0;
    if (!singleSegment) {
      int code = input.get(at) & 0xff;
      long base = 1L << (10 + (code >> 3));
      return base + base / 8 * (code & 7);
    }
    at += new int[] {0, 1, 2, 4}[descriptor & 3];
    int sizeCode = (descriptor & 0xff) >> 6;
    require(at + (1 << sizeCode) - input.position());
    return switch (sizeCode) {
      case 0 -> input.get(at) & 0xff;
      case 1 -> (input.getShort(at) & 0xffff) + 256;
      case 2 -> Integer.toUnsignedLong(input.getInt(at));
      // What does not fit into a long is too much as well.
      default -> input.getLong(at) < 0 ? Long.MAX_VALUE : input.getLong(at);
    };
  }

  /** A larger window is taken only after the former one was given back: see {@link Windows}. */
  private void prepare(long needed) throws IOException {
    limits.checkWindow(Compression.ZSTD, needed);
    if (needed > window) {
      release();
      share = windows.take(needed);
      window = needed;
      decoder = new ZstdDecompressCtx();
    }
  }

  private ZstdDecompressCtx decoder() {
    if (decoder == null) {
      throw new IllegalStateException("no frame was begun");
    }
    return decoder;
  }

  private void require(int bytes) throws IOException {
    if (!fill(bytes)) {
      throw new EOFException("the end of a frame is missing");
    }
  }

  /** Whether so many bytes of input are at hand, after reading more where there were less. */
  private boolean fill(int bytes) throws IOException {
    if (input.remaining() < bytes) {
      input.compact();
      int read = 0;
      while (read >= 0 && input.position() < bytes) {
        read = in.read(input.array(), input.position(), input.remaining());
        input.position(input.position() + Math.max(read, 0));
      }
      input.flip();
    }
    return input.remaining() >= bytes;
  }

  private void release() {
    if (decoder != null) {
      decoder.close();
      decoder = null;
    }
    if (share != null) {
      share.close();
      share = null;
    }
    window = -1;
  }

  @Override
  public void close() throws IOException {
    release();
    in.close();
  }
}
