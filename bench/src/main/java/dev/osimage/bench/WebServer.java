package dev.osimage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** nginx, which serves the folder {@code in} of a workplace. */
final class WebServer {

  private WebServer() {}

  /** For one client at a time. */
  static Server start(Workplace place) throws IOException {
    return start(place, 1);
  }

  /** With so many processes that serve. */
  static Server start(Workplace place, int workers) throws IOException {
    int port = Server.freePort();
    Files.writeString(
        place.path("nginx.conf"),
        """
        daemon off;
        worker_processes %d;
        pid nginx.pid;
        events {}
        http {
          access_log off;
          sendfile on;
          tcp_nopush on;
          client_body_temp_path nginx-body;
          proxy_temp_path nginx-proxy;
          fastcgi_temp_path nginx-fastcgi;
          scgi_temp_path nginx-scgi;
          uwsgi_temp_path nginx-uwsgi;
          server {
            listen 127.0.0.1:%d;
            root %s;
          }
        }
        """
            .formatted(workers, port, place.folder()));
    Files.writeString(
        place.path("nginx.conf"),
        (ProcessHandle.current().info().user().orElse("").equals("root") ? "user root;\n" : "")
            + Files.readString(place.path("nginx.conf")));
    var words =
        List.of("nginx", "-e", "stderr", "-p", place.folder().toString(), "-c", "nginx.conf");
    return Server.start(place, port, "nginx.log", words);
  }
}
