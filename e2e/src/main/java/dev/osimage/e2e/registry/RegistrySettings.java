package dev.osimage.e2e.registry;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The settings files of the programs, as an administrator would write them. */
final class RegistrySettings {

  private RegistrySettings() {}

  /**
   * Settings of distribution 2 and 3. There is no cache: the one in memory still answers for blobs
   * that a test deleted. Readers of blobs are sent to {@code blobs} if there is such a URL.
   */
  static String distribution(
      String address,
      Path storage,
      boolean deleting,
      @Nullable Tls tls,
      String auth,
      @Nullable String blobs) {
    var redirect =
        blobs == null
            ? ""
            : "middleware: {storage: [{name: redirect, options: {baseurl: \"%s\"}}]}"
                .formatted(blobs);
    var certificate =
        tls == null
            ? ""
            : "tls: {certificate: %s, key: %s}".formatted(tls.certificate(), tls.key());
    return """
    version: 0.1
    log: {level: info, accesslog: {disabled: false}}
    storage:
      filesystem: {rootdirectory: %s}
      delete: {enabled: %s}
      maintenance: {uploadpurging: {enabled: false}}
    http:
      addr: %s
      secret: osimage-e2e
      %s
    auth: {%s}
    %s
    """
        .formatted(storage, deleting, address, certificate, auth, redirect);
  }

  /** One part of those settings: basic authentication. */
  static String password(Path htpasswd) {
    return "htpasswd: {realm: osimage, path: %s}".formatted(htpasswd);
  }

  /** nginx in front of a registry, in the way of many guides: it takes bodies of 1 MiB at most. */
  static String nginx(String address, String backend, @Nullable Tls tls) {
    var certificate =
        tls == null
            ? ""
            : "ssl_certificate %s; ssl_certificate_key %s;".formatted(tls.certificate(), tls.key());
    return """
    user root;
    daemon off;
    pid nginx.pid;
    events {}
    http {
      access_log /dev/stdout;
      client_body_temp_path body;
      proxy_temp_path proxy;
      fastcgi_temp_path fastcgi;
      scgi_temp_path scgi;
      uwsgi_temp_path uwsgi;
      client_max_body_size 1m;
      server {
        listen %s%s;
        %s
        location / {
          proxy_pass http://%s;
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-Proto $scheme;
        }
      }
    }
    """
        .formatted(address, tls == null ? "" : " ssl", certificate, backend);
  }
}
