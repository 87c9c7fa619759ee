package dev.osimage.gateway.web;

import java.io.IOException;
import java.nio.file.Path;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A gateway for each test; one that needs another closes this one. */
abstract class WithGateway {

  @TempDir Path folder;

  TestGateway gateway;

  @BeforeEach
  void begin() throws IOException {
    gateway = TestGateway.start(folder);
  }

  @AfterEach
  void end() throws IOException {
    gateway.close();
  }

  static byte[] body(Response response) throws IOException {
    return response.body().bytes();
  }
}
