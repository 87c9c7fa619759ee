package dev.osimage.bench.work;

import dev.osimage.oci.Reference;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.layout.Copy;
import dev.osimage.oci.registry.RegistryClient;
import dev.osimage.oci.registry.RegistrySettings;
import java.util.Map;

/** {@code CopyArtifact FROM TO}: copies what a reference names to another registry. */
public final class CopyArtifact {

  private CopyArtifact() {}

  public static void main(String[] args) throws Exception {
    var from = Reference.parse(args[0]);
    var to = Reference.parse(args[1]);
    try (var http = new HttpTransport(HttpSettings.of(Map.of()))) {
      Copy.copy(client(http, from), from.target(), client(http, to), to.tag(), Copy.Options.PLAIN);
    }
  }

  private static RegistryClient client(HttpTransport http, Reference reference) {
    return new RegistryClient(
        http, reference.repository(), RegistrySettings.ANONYMOUS.withPlainHttp(true));
  }
}
