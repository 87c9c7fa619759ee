package dev.osimage.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class WrkTest {

  private static final String SAID =
      """
      Running 10s test @ http://127.0.0.1:8080/in/kernel
        2 threads and 16 connections
        Thread Stats   Avg      Stdev     Max   +/- Stdev
          Latency   353.19ms  101.03ms 774.13ms   71.36%
          Req/Sec    22.38      9.40    60.00     66.33%
        Latency Distribution
           50%  349.69ms
           75%  416.22ms
           90%  481.99ms
           99%  613.02ms
        447 requests in 10.03s, 27.95GB read
      Requests/sec:     44.57
      Transfer/sec:      2.79GB
      """;

  @Test
  void requestsTimeAndTheNinetyNinthPercentileAreRead() {
    assertThat(Wrk.parse(SAID)).isEqualTo(new Wrk(447, 10.03, 0.61302));
    assertThat(Wrk.parse(SAID.replace("613.02ms", "1.50s")).p99()).isEqualTo(1.5);
  }

  @Test
  void aLoadWithFailuresIsNoResult() {
    var failed = SAID + "Socket errors: connect 0, read 3, write 0, timeout 0\n";
    assertThatThrownBy(() -> Wrk.parse(failed)).hasMessageContaining("read 3");
  }
}
