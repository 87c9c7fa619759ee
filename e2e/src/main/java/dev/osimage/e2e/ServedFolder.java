package dev.osimage.e2e;

import com.sun.net.httpserver.SimpleFileServer;
import com.sun.net.httpserver.SimpleFileServer.OutputLevel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A folder whose files are fetched from below this URL. */
record ServedFolder(Path folder, URI url) {

  /** Serves a folder from this process, at one of its addresses, until the process ends. */
  static ServedFolder startAt(String address, Path folder) {
    try {
      Files.createDirectories(folder);
      var socket = new InetSocketAddress(address, 0);
      var server = SimpleFileServer.createFileServer(socket, folder, OutputLevel.NONE);
      server.start();
      var url = "http://%s:%d".formatted(address, server.getAddress().getPort());
      return new ServedFolder(folder, URI.create(url));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen at " + address, e);
    }
  }

  /** Puts a copy of a file there under this name, and returns its URL. */
  URI add(String name, Path file) {
    var target = folder.resolve(name);
    try {
      Files.createDirectories(target.getParent());
      var fresh = Files.createTempFile(target.getParent(), ".new", "");
      Files.copy(file, fresh, StandardCopyOption.REPLACE_EXISTING);
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return URI.create(url + "/" + name);
  }
}
