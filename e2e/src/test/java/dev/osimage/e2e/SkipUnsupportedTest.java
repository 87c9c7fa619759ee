package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class SkipUnsupportedTest {

  @Test
  void whatTheClusterCannotDoSkipsAProofWithTheReasonAlsoFromAnotherThread() {
    var unsupported = new UnsupportedByCluster("no node to kill on");

    assertThat(SkipUnsupported.judged(unsupported))
        .isInstanceOf(TestAbortedException.class)
        .hasMessage("no node to kill on");
    assertThat(SkipUnsupported.judged(new ExecutionException(unsupported)))
        .isInstanceOf(TestAbortedException.class)
        .hasMessage("no node to kill on");
  }

  @Test
  void everyOtherFailureStaysAsItIs() {
    var failure = new UnsupportedOperationException("a mistake in the proof");
    assertThat(SkipUnsupported.judged(failure)).isSameAs(failure);
  }
}
