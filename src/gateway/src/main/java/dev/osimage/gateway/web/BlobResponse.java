package dev.osimage.gateway.web;

import dev.osimage.gateway.cache.Blob;
import dev.osimage.gateway.cache.BlobCache.Hold;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;

/**
 * Sends a part of a blob as fast as the client takes it and the blob grows, out of the page cache
 * into the socket. No thread waits for a slow client. When the blob turns out to be wrong, the
 * connection is cut, so that nobody has a whole body.
 */
final class BlobResponse implements ChannelListener<StreamSinkChannel> {

  private static final Logger LOG = LoggerFactory.getLogger(BlobResponse.class);

  /** After so many bytes it is the next client's turn on this thread. */
  private static final long TURN = 256L * 1024;

  private static final int FIRST = 8 * 1024;

  private final HttpServerExchange exchange;
  private final Hold hold;
  private final Blob blob;
  private final LongConsumer sent;
  private final long end;
  private long position;
  private boolean begun;

  private BlobResponse(
      HttpServerExchange exchange, Hold hold, Selection selection, LongConsumer sent) {
    this.exchange = exchange;
    this.hold = hold;
    this.blob = hold.blob();
    this.sent = sent;
    this.position = selection.start();
    this.end = selection.end();
  }

  /**
   * Begins to send; the hold is closed when all is sent or the client is gone. Status and headers
   * are set already. {@code sent} is told every number of bytes.
   */
  static void begin(
      HttpServerExchange exchange, Hold hold, Selection selection, LongConsumer sent) {
    var response = new BlobResponse(exchange, hold, selection, sent);
    exchange.addExchangeCompleteListener((ended, next) -> {
      hold.close();
      next.proceed();
    });
    var channel = exchange.getResponseChannel();
    channel.getWriteSetter().set(response);
    channel.resumeWrites();
  }

  @Override
  public void handleEvent(StreamSinkChannel channel) {
    try {
      send(channel);
    } catch (IOException | RuntimeException e) {
      LOG.debug("{} is gone: {}", exchange.getSourceAddress(), e.getMessage());
      cut();
    } catch (Error e) {
      // Such as no memory for one connection more: this one shall not keep what it has.
      cut();
      throw e;
    }
  }

  private void send(StreamSinkChannel channel) throws IOException {
    long turn = position + TURN;
    while (position < end) {
      long ready = Math.min(end, blob.available());
      if (ready <= position) {
        if (blob.failure().isPresent()) {
          cut();
          return;
        }
        channel.suspendWrites();
        blob.whenBeyond(position, () -> exchange.getIoThread().execute(channel::resumeWrites));
        return;
      }
      long wanted = Math.min(ready, turn) - position;
      long count =
          begun
              ? channel.transferFrom(blob.channel(), position, wanted)
              : channel.write(first(wanted));
      if (count <= 0 && position >= blob.channel().size()) {
        hold.damaged();
        throw new IOException("the file of the cache ends at " + position);
      }
      begun |= count > 0;
      position += count;
      sent.accept(count);
      if (count == 0 || position >= turn) {
        // Writes are still resumed: it goes on when the socket has room, after the others.
        return;
      }
    }
    finish(channel);
  }

  /** With the head, the server sends from memory only. */
  private ByteBuffer first(long wanted) throws IOException {
    var bytes = ByteBuffer.allocate((int) Math.min(FIRST, wanted));
    while (bytes.hasRemaining() && blob.channel().read(bytes, position + bytes.position()) >= 0) {
      // A short read goes on.
    }
    return bytes.flip();
  }

  private void finish(StreamSinkChannel channel) throws IOException {
    channel.shutdownWrites();
    if (channel.flush()) {
      exchange.endExchange();
      return;
    }
    channel
        .getWriteSetter()
        .set(
            ChannelListeners.flushingChannelListener(
                flushed -> {
                  flushed.suspendWrites();
                  flushed.getWriteSetter().set(null);
                  exchange.endExchange();
                },
                (failed, e) -> cut()));
    channel.resumeWrites();
  }

  private void cut() {
    hold.close();
    IoUtils.safeClose(exchange.getConnection());
    exchange.endExchange();
  }
}
