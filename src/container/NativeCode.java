import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Copies a library's jar without its native code (NativeCode EPOCH FROM.jar TO.jar MACHINE TARGET-DIR), and that for
/// Linux on one machine into a folder: a read-only container has none to unpack it to, and needs no other.
class NativeCode {
  public static void main(String[] args) throws IOException {
    var time = LocalDateTime.ofEpochSecond(Long.parseLong(args[0]), 0, ZoneOffset.UTC);
    var wanted = "linux/" + args[3] + "/";
    boolean found = false;
    try (var in = new ZipFile(args[1]);
        var out = new ZipOutputStream(new FileOutputStream(args[2]))) {
      for (var entry : in.stream().sorted(Comparator.comparing(ZipEntry::getName)).toList()) {
        var name = entry.getName();
        boolean nativeCode = name.matches(".*[.](so|dll|dylib|jnilib)");
        if (nativeCode && name.startsWith(wanted)) {
          Files.copy(in.getInputStream(entry), Path.of(args[4], name.substring(wanted.length())));
          found = true;
        }
        if (!nativeCode && !entry.isDirectory()) {
          var copy = new ZipEntry(name);
          copy.setTimeLocal(time);
          out.putNextEntry(copy);
          in.getInputStream(entry).transferTo(out);
        }
      }
    }
    if (!found) {
      System.err.println(args[1] + " has no native code in " + wanted);
      System.exit(1);
    }
  }
}
