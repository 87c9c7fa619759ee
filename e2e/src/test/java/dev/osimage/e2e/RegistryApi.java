package dev.osimage.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import okhttp3.OkHttpClient;
import okhttp3.Request;

/** What anybody can ask of one repository in a registry without TLS. */
final class RegistryApi {

  private static final OkHttpClient HTTP = new OkHttpClient();
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";

  private final String url;

  /** {@code repository} is {@code host:port/path}. */
  RegistryApi(String repository) {
    int slash = repository.indexOf('/');
    this.url =
        "http://" + repository.substring(0, slash) + "/v2/" + repository.substring(slash + 1);
  }

  /** Whether a tag or digest names a manifest. */
  boolean hasManifest(String reference) {
    return status("GET", "/manifests/" + reference) == 200;
  }

  boolean hasBlob(String digest) {
    return status("HEAD", "/blobs/" + digest) == 200;
  }

  void deleteManifest(String digest) {
    delete("/manifests/" + digest);
  }

  void deleteBlob(String digest) {
    delete("/blobs/" + digest);
  }

  private void delete(String path) {
    int status = status("DELETE", path);
    if (status != 202) {
      throw new AssertionError("DELETE " + path + " was answered with " + status);
    }
  }

  private int status(String method, String path) {
    var request = new Request.Builder().url(url + path).method(method, null);
    try (var response = HTTP.newCall(request.header("Accept", MANIFEST).build()).execute()) {
      return response.code();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
