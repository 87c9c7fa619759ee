package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.osimage.oci.Repository;

class DockerConfigFuzzTest {

  private static final Repository REPOSITORY = Repository.parse("r.example:5000/team/os");
  private static final Repository HUB = Repository.parse("docker.io/library/debian");

  @FuzzTest
  void credentialsAreFoundOrRefusedAndNeverShown(byte[] input) {
    DockerConfig config;
    try {
      config = DockerConfig.parse(input);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).startsWith("the Docker config ").hasSizeLessThan(100);
      return;
    }
    for (var repository : new Repository[] {REPOSITORY, HUB}) {
      try {
        var credentials = config.credentialsFor(repository);
        assertThat(config.credentialsFor(repository)).isEqualTo(credentials);
        credentials.ifPresent(found -> assertThat(found.toString()).endsWith("[hidden]"));
      } catch (IllegalArgumentException e) {
        assertThat(e.getMessage()).startsWith("'auth' of '").contains("' is not base64");
      }
    }
  }
}
