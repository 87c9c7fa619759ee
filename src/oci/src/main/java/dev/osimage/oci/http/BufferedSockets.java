package dev.osimage.oci.http;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/**
 * Sockets that gather what is written: OkHttp writes 8 KiB at a time, and a system call for each is
 * a third of what an upload costs.
 */
final class BufferedSockets extends SocketFactory {

  private static final int BUFFER = 128 * 1024;

  @Override
  public Socket createSocket() {
    return new Socket() {
      private OutputStream buffered = OutputStream.nullOutputStream();
      private boolean opened;

      @Override
      public synchronized OutputStream getOutputStream() throws IOException {
        if (!opened) {
          buffered = new BufferedOutputStream(super.getOutputStream(), BUFFER);
          opened = true;
        }
        return buffered;
      }
    };
  }

  @Override
  public Socket createSocket(String host, int port) {
    throw new UnsupportedOperationException("only sockets that are not connected yet");
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort) {
    throw new UnsupportedOperationException("only sockets that are not connected yet");
  }

  @Override
  public Socket createSocket(InetAddress host, int port) {
    throw new UnsupportedOperationException("only sockets that are not connected yet");
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
    throw new UnsupportedOperationException("only sockets that are not connected yet");
  }
}
