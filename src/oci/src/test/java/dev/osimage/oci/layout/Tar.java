package dev.osimage.oci.layout;

import static dev.osimage.oci.layout.Images.utf8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Archives such as other tools make them, and such as nobody should. */
final class Tar {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8");

  Tar() {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
  }

  Tar file(String name, String content) throws IOException {
    return file(name, utf8(content));
  }

  Tar file(String name, byte[] content) throws IOException {
    return file(name, TarConstants.LF_NORMAL, content);
  }

  /** A file of another kind, such as GNU's long names are. */
  Tar file(String name, byte type, byte[] content) throws IOException {
    var entry = new TarArchiveEntry(name, type, true);
    entry.setSize(content.length);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
    return this;
  }

  /** An entry that is no file. */
  Tar special(String name, byte type, String target) throws IOException {
    var entry = new TarArchiveEntry(name, type, true);
    entry.setLinkName(target);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
    return this;
  }

  byte[] bytes() throws IOException {
    tar.close();
    return bytes.toByteArray();
  }
}
