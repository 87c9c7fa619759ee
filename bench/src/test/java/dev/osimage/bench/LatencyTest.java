package dev.osimage.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LatencyTest {

  @Test
  void ofAHundredTimesOneIsAboveThe99thPercentile() {
    var seconds = IntStream.rangeClosed(1, 100).mapToObj(i -> (double) (101 - i)).toList();

    assertThat(Latency.of(seconds)).isEqualTo(new Latency(50, 99, 100));
  }

  @Test
  void aSingleTimeIsAllOfThem() {
    assertThat(Latency.of(List.of(0.12345))).isEqualTo(new Latency(0.123, 0.123, 0.123));
  }
}
