package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.buildable;
import static dev.osimage.operator.osimage.Examples.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.osimage.image.BuildPlan;
import dev.osimage.image.PlannedNetwork;
import dev.osimage.operator.AllowedHosts;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which hosts an administrator allows. */
class AllowedHostsTest {

  /** The example's files are on another host than its registry. */
  private static BuildPlan plan(String kernelUrl) {
    return buildable(with(A, "files/kernel/http/url", kernelUrl)).plan();
  }

  private static boolean allows(String patterns, String url) {
    var hosts = "registry.example.com,files.example.com," + patterns;
    return new AllowedHosts(List.of(hosts.split(",", -1))).problem(plan(url)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "web.org         | https://web.org/vmlinuz          | true",
        "web.org         | http://web.org:8080/vmlinuz      | true",
        "web.org         | https://WEB.org./vmlinuz         | true",
        "WEB.org         | https://web.org/vmlinuz          | true",
        "web.org         | https://www.web.org/vmlinuz      | false",
        "web.org         | https://notweb.org/vmlinuz       | false",
        "web.org         | https://web.org.evil.net/vmlinuz | false",
        "web.org:443     | https://web.org/vmlinuz          | true",
        "web.org:443     | http://web.org/vmlinuz           | false",
        "web.org:80      | http://web.org/vmlinuz           | true",
        "web.org:8443    | https://web.org:8443/vmlinuz     | true",
        "web.org:8443    | https://web.org/vmlinuz          | false",
        "*.web.org       | https://a.web.org/vmlinuz        | true",
        "*.web.org       | https://a.b.web.org/vmlinuz      | true",
        "*.web.org       | https://web.org/vmlinuz          | false",
        "*.web.org       | https://evilweb.org/vmlinuz      | false",
        "*.web.org:8443  | https://a.web.org:8443/vmlinuz   | true",
        "*.web.org:8443  | https://a.web.org/vmlinuz        | false",
        "10.0.0.1        | http://10.0.0.1/vmlinuz          | true",
        "10.0.0.1        | http://10.0.0.10/vmlinuz         | false",
        "[2001:db8::1]   | https://[2001:DB8:0::1]/vmlinuz  | true",
        "[2001:db8::1]:1 | https://[2001:db8::1]/vmlinuz    | false"
      })
  void aUrlIsAllowedByItsHostAndPort(String pattern, String url, boolean allowed) {
    assertThat(allows(pattern, url)).isEqualTo(allowed);
  }

  @Test
  void withoutPatternsAllIsAllowed() {
    assertThat(AllowedHosts.ALL.problem(buildable(A).plan())).isEmpty();
  }

  @Test
  void theSentenceNamesFieldHostAndWhatIsAllowed() {
    var hosts = new AllowedHosts(List.of("*.example.com", "*.web.org"));

    assertThat(hosts.problem(plan("https://evil.net/vmlinuz")))
        .hasValueSatisfying(sentence ->
            assertThat(sentence)
                .contains("http.url is on evil.net, port 443")
                .contains("*.example.com, *.web.org"));
    assertThat(new AllowedHosts(List.of("web.org")).problem(buildable(A).plan()))
        .hasValueSatisfying(sentence ->
            assertThat(sentence)
                .startsWith("spec.destination.repository is on registry.example.com, port 443"));
  }

  @Test
  void aMirrorIsTheAdministratorsChoiceAndNeedsNoPermission() {
    var mirrors = Map.of("https://files.example.com/vmlinuz", List.of("http://mirror.lan/vmlinuz"));
    var plan = buildable(A).plan().withNetwork(new PlannedNetwork(null, mirrors));

    assertThat(new AllowedHosts(List.of("*.example.com")).problem(plan)).isEmpty();
  }

  @Test
  void aRegistryWithoutTlsIsOnAnotherPort() {
    var plain = buildable(with(A, "destination/plainHTTP", true)).plan();
    var files = "files.example.com";

    assertThat(new AllowedHosts(List.of("registry.example.com:80", files)).problem(plain))
        .isEmpty();
    assertThat(new AllowedHosts(List.of("registry.example.com:443", files)).problem(plain))
        .isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "*", "https://web.org", "web.org/path", "web.*", "a b", "web.org:0", "me@web"})
  void whatIsNoHostStopsTheStart(String pattern) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AllowedHosts(List.of(pattern)))
        .withMessageContaining("'" + pattern + "'");
  }
}
