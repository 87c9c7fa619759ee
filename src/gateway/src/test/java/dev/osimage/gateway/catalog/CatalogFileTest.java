package dev.osimage.gateway.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.gateway.SmallDisk;
import dev.osimage.oci.Repository;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogFileTest {

  private static Catalog catalog(String commandLine) {
    var catalog = new Catalog();
    catalog.restore(
        List.of(
            new BootImage(
                "team",
                "debian",
                "sha256:" + "1".repeat(64),
                Repository.parse("hub.example.com/os/debian"),
                false,
                commandLine,
                List.of())));
    return catalog;
  }

  @Test
  void aDiskWithRoomForHalfOfItLeavesWhatWasSavedBefore(@TempDir Path folder) throws Exception {
    try (var disk = SmallDisk.mount(folder, 1)) {
      var file = folder.resolve("catalog.json");
      var before = catalog("quiet");
      new CatalogFile(file).save(before);
      disk.fill(8192);

      new CatalogFile(file).save(catalog("x".repeat(20_000)));

      assertThat(new CatalogFile(file).load()).isEqualTo(before.all().toList());
      assertThat(folder.resolve("catalog.json.part")).doesNotExist();
    }
  }
}
