package dev.osimage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OsImageSpecTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String SHORTEST =
      """
      {"architecture":"arm64","files":{"kernel":{"inline":"x"}},\
      "destination":{"repository":"r.example/a"}}\
      """;

  @Test
  void defaultsHoldForASpecThatMetNoApiServer() throws JsonProcessingException {
    var spec = JSON.readValue(SHORTEST, OsImageSpec.class);

    assertThat(spec.effectiveFormat()).isEqualTo(Format.IRONCORE);
    assertThat(spec.effectiveBootCheck()).isEqualTo(BootCheck.HEADER);
    assertThat(spec.suspended()).isFalse();
    assertThat(spec.destination().effectiveTags()).isEmpty();
    assertThat(spec.destination().usesPlainHttp()).isFalse();
  }

  @Test
  void aSpecIsWrittenAsItWasReadWithoutDefaultsOrNulls() throws JsonProcessingException {
    var spec = JSON.readValue(SHORTEST, OsImageSpec.class);

    assertThat(JSON.readTree(JSON.writeValueAsString(spec))).isEqualTo(JSON.readTree(SHORTEST));
  }

  @Test
  void aFullSpecLosesNothingOnItsWayThroughJson() throws JsonProcessingException {
    var text =
        """
        {"architecture":"amd64","format":"ironcore-legacy","commandLine":"ro quiet",
         "files":{
           "kernel":{"http":{"url":"https://h.example/k","digest":"sha256:00",
             "secretRef":{"name":"web"},"caBundleRef":{"name":"ca"}},
             "path":"boot/k","decompress":"Bzip2","digest":"sha256:01"},
           "initramfs":{"inline":"i"},"rootfs":{"inline":"r"},"squashfs":{"inline":"s"},
           "uki":{"inline":"u"},"iso":{"inline":"o"}},
         "config":{"os-release":"1"},
         "annotations":{"manifest":{"a":"b"},"config":{"c":"d"}},
         "destination":{"repository":"r.example/a","tags":["x","y"],
           "secretRef":{"name":"push"},"caBundleRef":{"name":"ca"},"plainHTTP":true},
         "bootCheck":"Off","suspend":true,"timeout":"30m","pendingTimeout":"5m"}\
        """;

    var spec = JSON.readValue(text, OsImageSpec.class);

    assertThat(JSON.readTree(JSON.writeValueAsString(spec))).isEqualTo(JSON.readTree(text));
  }

  @Test
  void fieldsOfANewerApiServerAreIgnored() throws JsonProcessingException {
    var newer = SHORTEST.replaceFirst("\\{", "{\"signing\":{\"cosign\":{}},");

    assertThat(JSON.readValue(newer, OsImageSpec.class))
        .isEqualTo(JSON.readValue(SHORTEST, OsImageSpec.class));
  }

  @ParameterizedTest
  @CsvSource({
    "Auto, AUTO",
    "None, NONE",
    "Gzip, GZIP",
    "Xz, XZ",
    "Zstd, ZSTD",
    "Bzip2, BZIP2",
    "Lz4, LZ4"
  })
  void everyDecompressionHasItsWord(String word, Decompress value) throws JsonProcessingException {
    assertThat(JSON.readValue("\"" + word + "\"", Decompress.class)).isEqualTo(value);
    assertThat(JSON.writeValueAsString(value)).isEqualTo("\"" + word + "\"");
  }

  @Test
  void anUnknownFormatIsAnErrorAndNotTheDefault() {
    var unknown = SHORTEST.replaceFirst("\\{", "{\"format\":\"qcow2\",");

    assertThatThrownBy(() -> JSON.readValue(unknown, OsImageSpec.class))
        .hasMessageContaining("qcow2");
  }
}
