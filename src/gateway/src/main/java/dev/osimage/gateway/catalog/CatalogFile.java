package dev.osimage.gateway.catalog;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A catalog on disk, so that a gateway can start while the API server is away. */
public final class CatalogFile {

  private static final Logger LOG = LoggerFactory.getLogger(CatalogFile.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Ten thousand artifacts. */
  private static final long MAX_BYTES = 64L * 1024 * 1024;

  private final Path file;
  private final AtomicReference<List<BootImage>> saved = new AtomicReference<>(List.of());

  /** The catalog that is kept in {@code file}. */
  public CatalogFile(Path file) {
    this.file = file;
  }

  /** What was saved last; nothing when there is no file, or one that can't be read. */
  public List<BootImage> load() {
    try {
      if (!Files.exists(file) || Files.size(file) > MAX_BYTES) {
        return List.of();
      }
      var images = JSON.readValue(file.toFile(), new TypeReference<List<BootImage>>() {});
      saved.set(images);
      return images;
    } catch (IOException e) {
      LOG.warn("the saved catalog can't be read: {}", e.getMessage());
      return List.of();
    }
  }

  /** Saves the catalog if it has changed. A failure is logged: only a restart would need it. */
  public void save(Catalog catalog) {
    var images = catalog.all().toList();
    if (images.equals(saved.get())) {
      return;
    }
    try {
      var json = JSON.writeValueAsBytes(images);
      if (json.length > MAX_BYTES) {
        LOG.warn("the catalog is too large to be saved: {} bytes", json.length);
        return;
      }
      write(json);
      saved.set(images);
    } catch (IOException e) {
      LOG.warn("the catalog can't be saved: {}", e.getMessage());
    }
  }

  private void write(byte[] json) throws IOException {
    var part = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (var channel =
          FileChannel.open(
              part,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        // A disk that becomes full takes a part at first, and says so the next time.
        for (var buffer = ByteBuffer.wrap(json); buffer.hasRemaining(); ) {
          channel.write(buffer);
        }
        channel.force(true);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
