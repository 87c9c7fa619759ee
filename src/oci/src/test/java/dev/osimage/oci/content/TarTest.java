package dev.osimage.oci.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarTest {

  @Test
  void aPathMayBeInTwoFieldsOfItsHeader() throws IOException {
    var tar = Samples.join(Tars.prefixed("boot", "k", "kernel"), Tars.END);
    assertThat(Reading.of(tar, "boot/k").get("boot/k")).isEqualTo(Samples.ascii("kernel"));
  }

  @Test
  void aPaxRecordForAllCountsUntilAnotherOneTakesItBack() throws IOException {
    var forAll = Tars.pax("path", "k");
    forAll[156] = 'g';
    var header = Tars.summed(forAll);
    var tar =
        Samples.join(
            header,
            Tars.file("x", "kernel"),
            Tars.pax("path", ""),
            Tars.file("y", "other"),
            Tars.END);
    assertThat(Reading.of(tar, "k", "y"))
        .containsEntry("k", Samples.ascii("kernel"))
        .containsEntry("y", Samples.ascii("other"));
  }

  @Test
  void theSizeInAPaxRecordIsTheOneThatCounts() throws IOException {
    var file = Samples.join(Tars.header("k", '0', 0), Tars.padded("kernel"));
    var tar = Samples.join(Tars.pax("size", "6"), file, Tars.file("y", "other"), Tars.END);
    assertThat(Reading.of(tar, "k", "y"))
        .containsEntry("k", Samples.ascii("kernel"))
        .containsEntry("y", Samples.ascii("other"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "99 path=k\n",
        "10 path=k!",
        "x path=k\n",
        " path=k\n",
        "0 path=k\n",
        "9 pathk\n",
        "8000000000 path=k\n",
        "17 size=0000001x\n",
        "11 size=-1\n"
      })
  void aPaxHeaderThatCannotBeReadIsRefused(String records) {
    var tar = Samples.join(Tars.entry("h", 'x', records), Tars.file("k", "kernel"), Tars.END);
    assertThatThrownBy(() -> Reading.of(tar, "k"))
        .isInstanceOf(ContentException.class)
        .hasMessage("The tar archive is damaged: a pax header can't be read");
  }

  @ParameterizedTest
  @ValueSource(chars = {'1', '2', '3', '4', '5', '6'})
  void whatIsNoFileHasNoDataWhateverSizeItSays(char type) throws IOException {
    var tar = Samples.join(Tars.header("x", type, 4096), Tars.file("k", "kernel"), Tars.END);
    assertThat(Reading.of(tar, "k").get("k")).isEqualTo(Samples.ascii("kernel"));
  }

  @Test
  void anEntryOfNegativeSizeIsRefused() {
    var tar = Samples.join(Tars.header("x", '0', -1), Tars.file("k", "kernel"), Tars.END);
    assertThatThrownBy(() -> Reading.of(tar, "k"))
        .isInstanceOf(ContentException.class)
        .hasMessage("The tar archive is damaged: an entry has a negative size");
  }
}
