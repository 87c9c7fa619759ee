import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Copies our own jars (ApplicationJar EPOCH TARGET-DIR JAR...) without what differs between two builds:
/// Maven stores file modes, and with them the umask of whoever built.
/// A file that two of them have would silently hide the other one on the class path, so it is refused.
class ApplicationJar {
  public static void main(String[] args) throws IOException {
    var time = LocalDateTime.ofEpochSecond(Long.parseLong(args[0]), 0, ZoneOffset.UTC);
    var owners = new HashMap<String, Path>();
    for (int i = 2; i < args.length; i++) {
      var jar = Path.of(args[i]);
      try (var in = new ZipFile(jar.toFile());
          var out = new ZipOutputStream(new FileOutputStream(Path.of(args[1]).resolve(jar.getFileName()).toFile()))) {
        out.setMethod(ZipOutputStream.DEFLATED);
        for (var entry : in.stream().sorted(Comparator.comparing(ZipEntry::getName)).toList()) {
          if (entry.isDirectory()) {
            continue;
          }
          var other = entry.getName().startsWith("META-INF/") ? null : owners.put(entry.getName(), jar.getFileName());
          if (other != null) {
            System.err.println(entry.getName() + " is in both " + other + " and " + jar.getFileName());
            System.exit(1);
          }
          var copy = new ZipEntry(entry.getName());
          copy.setTimeLocal(time);
          out.putNextEntry(copy);
          in.getInputStream(entry).transferTo(out);
        }
      }
    }
  }
}
