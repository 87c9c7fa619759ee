package dev.osimage.oci.content;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;

class ZipFuzzTest {

  @FuzzTest
  void membersAreAsLongAsTheySayOrTheArchiveIsRefused(byte[] input) throws IOException {
    Fuzzed.archive(input);
  }
}
