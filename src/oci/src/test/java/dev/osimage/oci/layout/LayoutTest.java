package dev.osimage.oci.layout;

import static dev.osimage.oci.layout.Images.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.content.ContentException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayoutTest {

  @TempDir Path folder;
  private Path root = Path.of("");
  private Layout layout;

  @BeforeEach
  void createALayout() throws IOException {
    root = folder.resolve("a/store");
    layout = Layout.create(root);
  }

  @Test
  void theFilesOfAStoreHaveTheBytesThatOnmetalImageWrites() throws IOException {
    assertThat(root.resolve("oci-layout")).hasBinaryContent(vector("oci-layout"));
    assertThat(root.resolve("index.json")).hasBinaryContent(vector("store-0-empty-index.json"));

    var manifest = new Manifest(MediaTypes.IMAGE_MANIFEST, vector("manifest.json"));
    layout.writeManifest(manifest);
    assertThat(root.resolve("index.json"))
        .hasBinaryContent(vector("store-1-after-build-index.json"));

    layout.tag(manifest, "registry.example.com/os/gl:1.0");
    assertThat(root.resolve("index.json")).hasBinaryContent(vector("store-2-after-tag-index.json"));
    assertThat(root.resolve("blobs/sha256").resolve(manifest.digest().hex()))
        .hasBinaryContent(vector("manifest.json"));
  }

  @Test
  void aManifestWrittenTwiceIsListedOnce() throws IOException {
    var manifest = new Manifest(MediaTypes.IMAGE_MANIFEST, vector("manifest.json"));
    layout.writeManifest(manifest);
    layout.writeManifest(manifest);

    assertThat(layout.manifests()).containsExactly(manifest.descriptor());
  }

  @Test
  void whatWasWrittenIsReadByTagAndByDigest() throws IOException {
    var image = Images.image(layout, "kernel");
    layout.tag(image, "1.0");

    var again = Layout.open(root);
    assertThat(again.manifest("1.0")).contains(image);
    assertThat(again.manifest(image.digest().toString())).contains(image);
    assertThat(again.manifest("2.0")).isEmpty();
    assertThat(again.manifest(Digest.of(utf8("?")).toString())).isEmpty();
    assertThat(again.blob(Images.blob(layout, "kernel")).readAllBytes()).isEqualTo(utf8("kernel"));
  }

  @Test
  void aTagMovesAndTheManifestThatHadItStays() throws IOException {
    var first = Images.image(layout, "1");
    var second = Images.image(layout, "2");
    write("{'schemaVersion':2,'manifests':[]}");
    layout.tag(first, "latest");
    layout.tag(second, "latest");

    assertThat(layout.manifest("latest")).contains(second);
    assertThat(layout.manifests())
        .extracting(Descriptor::digest)
        .containsExactly(first.digest(), second.digest());
    assertThat(layout.manifests().getFirst().annotations()).isEmpty();
  }

  @Test
  void taggingWhatIsTaggedAlreadyChangesNoByte() throws IOException {
    var image = Images.image(layout, "1");
    write(
        ("{'manifests':[{'digest':'%s','x':1,'mediaType':'m','size':%d,"
                + "'annotations':{'org.opencontainers.image.ref.name':'v1'}}],  'schemaVersion':2}")
            .formatted(image.digest(), image.bytes().length));
    var before = Files.readString(root.resolve("index.json"));

    layout.tag(image, "v1");

    assertThat(root.resolve("index.json")).hasContent(before);
  }

  @Test
  void whatIsNotUnderstoodSurvivesAChange() throws IOException {
    var foreign =
        "{'schemaVersion':2,'mediaType':'application/vnd.oci.image.index.v1+json','manifests':["
            + "{'mediaType':'x/y','digest':'sha512:00','size':1e2,'new':[1,2.50,null,true]},"
            + "17,{'no':'descriptor','annotations':{'a\\u003cb':'ä'}}],"
            + "'annotations':{'k':'v'},'future':{'z':1,'a':[]}}";
    write(foreign);
    var image = Images.image(layout, "1");

    var entry =
        ",{'mediaType':'%s','digest':'%s','size':%d}]"
            .formatted(image.mediaType(), image.digest(), image.bytes().length);
    assertThat(Files.readString(root.resolve("index.json")).replace('"', '\''))
        .isEqualTo(foreign.replace("1e2", "1E+2").replace("}}],", "}}" + entry + ","));
  }

  @Test
  void theNullThatIroncoreImageLeavesInAnEmptyStoreIsAnEmptyList() throws IOException {
    write("{'schemaVersion':2,'manifests':null}");

    var image = Images.image(layout, "1");

    assertThat(layout.manifests()).containsExactly(image.descriptor());
  }

  @Test
  void aManifestBelowNestedIndexesIsFoundByItsDigest() throws IOException {
    var image = Images.image(layout, "inner");
    var inner = Images.index(layout, List.of(image.descriptor()));
    var outer = Images.index(layout, List.of(inner.descriptor()));
    write("{'schemaVersion':2,'manifests':[]}");
    layout.tag(outer, "1");

    assertThat(layout.manifest(image.digest().toString())).contains(image);
    assertThat(layout.manifest(inner.digest().toString())).contains(inner);
  }

  @Test
  void theTypeOfAManifestIsWhatTheIndexAboveCallsIt() throws IOException {
    var image = Images.image(layout, "inner");
    var docker = new Manifest(MediaTypes.DOCKER_MANIFEST, image.bytes());
    var index = Images.index(layout, List.of(docker.descriptor()));
    write("{'schemaVersion':2,'manifests':[]}");
    layout.tag(index, "1");

    assertThat(layout.manifest(image.digest().toString())).contains(docker);
  }

  @Test
  void aManifestThatNothingNamesIsToldFromOtherBlobsByWhatItLooksLike() throws IOException {
    var image = Images.image(layout, "1");
    var blob = Images.blob(layout, "{\"mediaType\":\"application/json\"}");
    write("{'schemaVersion':2,'manifests':[]}");

    assertThat(layout.manifest(image.digest().toString())).contains(image);
    assertThat(layout.manifest(blob.digest().toString())).isEmpty();
    assertThat(layout.manifest(Images.blob(layout, "no JSON").digest().toString())).isEmpty();
  }

  @Test
  void referrersAreFoundWhereverTheyStand() throws IOException {
    var image = Images.image(layout, "1");
    var listed = Images.referrer(layout, image, "listed");
    var nested = Images.referrer(layout, image, "nested");
    var ofReferrer = Images.referrer(layout, listed, "about the remark");
    var index = Images.index(layout, List.of(nested.descriptor(), image.descriptor()));
    write("{'schemaVersion':2,'manifests':[]}");
    layout.writeManifest(listed);
    layout.writeManifest(ofReferrer);
    layout.tag(index, "1");

    assertThat(layout.referrers(image.digest()))
        .extracting(Descriptor::digest)
        .containsExactly(listed.digest(), nested.digest());
    var entry = layout.referrers(image.digest()).getFirst();
    assertThat(entry.artifactType()).isEqualTo("application/x-remark");
    assertThat(entry.annotations()).containsEntry("remark", "listed");
    assertThat(entry.size()).isEqualTo(listed.bytes().length);
    assertThat(layout.referrers(index.digest())).isEmpty();
  }

  @Test
  void aTagForTwoManifestsIsAnErrorThatSaysSo() throws IOException {
    var entry =
        "{'mediaType':'m','digest':'%s','size':1,"
            + "'annotations':{'org.opencontainers.image.ref.name':'v1'}}";
    write(
        "{'schemaVersion':2,'manifests':[%s,%s]}"
            .formatted(
                entry.formatted(Digest.of(utf8("a"))), entry.formatted(Digest.of(utf8("b")))));

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> layout.manifest("v1"))
        .withMessageContaining("'v1' names 2 manifests");
  }

  @Test
  void aListedManifestWithoutItsBlobIsAnErrorThatNamesIt() throws IOException {
    var image = Images.image(layout, "1");
    layout.tag(image, "1");
    Files.delete(file(image.descriptor()));

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> layout.manifest("1"))
        .withMessageContaining(image.digest().toString());
    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> layout.tag(image, "2"))
        .withMessageContaining("does not have it");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "sha256:abc", "-x", "../x\n", "ä"})
  void whatIsNoTagIsRefused(String tag) throws IOException {
    var image = Images.image(layout, "1");

    assertThatIllegalArgumentException().isThrownBy(() -> layout.tag(image, tag));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'imageLayoutVersion':'2.0.0'}",
        "{'imageLayoutVersion':1}",
        "{}",
        "[]",
        "",
        "{'imageLayoutVersion':'1.0.0'"
      })
  void anotherVersionOfLayoutsIsRefused(String content) throws IOException {
    Files.writeString(root.resolve("oci-layout"), content.replace('\'', '"'));

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> Layout.open(root))
        .withMessageContaining(root.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{'schemaVersion':1,'manifests':[]}",
        "{'schemaVersion':2,'manifests':{}}",
        "{'schemaVersion':2,'manifests':[],'manifests':[]}",
        "{'schemaVersion':2,'manifests':[]} {}"
      })
  void anIndexThatIsNoneIsRefusedAndNotOverwritten(String content) throws IOException {
    write(content);

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> Images.image(layout, "1"))
        .withMessageContaining("index.json");
    assertThat(root.resolve("index.json")).hasContent(content.replace('\'', '"'));
  }

  @Test
  void aDirectoryWithOtherThingsIsNotMadeALayout() throws IOException {
    Files.writeString(folder.resolve("letter.txt"), "dear");

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> Layout.create(folder))
        .withMessageContaining("not empty")
        .withMessageContaining(folder.toString());
    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> Layout.open(folder))
        .withMessageContaining("no file oci-layout");
    assertThat(folder.resolve("index.json")).doesNotExist();
  }

  @Test
  void aDirectoryOfWhichTheMakerDiedIsCompleted() throws IOException {
    var image = Images.image(layout, "1");
    Files.delete(root.resolve("oci-layout"));

    assertThat(Layout.create(root).manifest(image.digest().toString())).contains(image);
  }

  private void write(String index) throws IOException {
    Files.writeString(root.resolve("index.json"), index.replace('\'', '"'));
  }

  private Path file(Descriptor blob) {
    return root.resolve("blobs/sha256").resolve(blob.digest().hex());
  }

  private static byte[] vector(String name) {
    try (var in = LayoutTest.class.getResourceAsStream("/vectors/onmetal/" + name)) {
      assertThat(in).as(name).isNotNull();
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
