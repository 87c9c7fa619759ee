package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.Repository;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.groups.Tuple;

/** Everything that a registry is used for, each with a look at what came of it. */
enum Operation {
  CHECK_PUSH {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) {
      int sent = registry.count(Step.UPLOAD_PATCH, Step.UPLOAD_PUT);
      client.checkPush();
      assertThat(registry.count(Step.UPLOAD_PATCH, Step.UPLOAD_PUT)).isEqualTo(sent);
    }
  },
  PUSH_SMALL {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) throws IOException {
      push(registry, client, AgainstFaults.bytes(1000));
    }
  },
  PUSH {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) throws IOException {
      push(registry, client, AgainstFaults.bytes(3 << 20));
    }
  },
  PUSH_UNKNOWN {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) throws IOException {
      var content = AgainstFaults.bytes((3 << 20) + 1);
      assertThat(registry.blob(AgainstFaults.pushUnknown(client, content))).hasValue(content);
    }
  },
  PULL {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) throws IOException {
      var content = AgainstFaults.bytes(1 << 20);
      registry.addBlob(content);
      try (var blob = client.blob(Descriptor.of("a/b", content))) {
        assertThat(blob.readAllBytes()).isEqualTo(content);
      }
    }
  },
  PULL_TO_FILE {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) throws IOException {
      var content = AgainstFaults.bytes(1 << 20);
      registry.addBlob(content);
      client.pullBlob(Descriptor.of("a/b", content), folder.resolve("blob"));
      assertThat(Files.readAllBytes(folder.resolve("blob"))).isEqualTo(content);
    }
  },
  BLOB_SIZE {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) {
      var digest = registry.addBlob(AgainstFaults.bytes(12_345));
      assertThat(client.blobSize(digest)).hasValue(12_345);
      assertThat(client.blobSize(Digest.of(new byte[] {1}))).isEmpty();
    }
  },
  PUSH_MANIFEST {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) {
      var manifest = image(registry, "pushed");
      client.writeManifest(manifest);
      client.tag(manifest, "1.0");
      assertThat(registry.manifest("1.0")).hasValue(manifest.bytes());
    }
  },
  READ_MANIFEST {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) {
      var manifest = image(registry, "read");
      registry.addManifest("1.0", manifest.mediaType(), manifest.bytes());
      assertThat(client.manifest("1.0")).contains(manifest);
      assertThat(client.manifest(manifest.digest().toString())).contains(manifest);
      assertThat(client.manifest("2.0")).isEmpty();
    }
  },
  MOUNT {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) {
      var digest = registry.addBlob("os/other", AgainstFaults.bytes(1001));
      boolean mounted = client.mountBlob(digest, new Repository(registry.host(), "os/other"));
      assertThat(registry.blob(digest).isPresent()).isEqualTo(mounted);
    }
  },
  REFER {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) {
      var subject = image(registry, "subject");
      registry.addManifest("1.0", subject.mediaType(), subject.bytes());
      var referrers =
          List.of(referrer(registry, subject, "sbom"), referrer(registry, subject, "signature"));
      client.writeReferrers(referrers);
      assertThat(client.referrers(subject.digest()))
          .extracting(Descriptor::digest, Descriptor::artifactType, Descriptor::annotations)
          .containsExactlyInAnyOrder(
              tuple(referrers.getFirst(), "sbom"), tuple(referrers.getLast(), "signature"));
    }
  },
  DELETE {
    @Override
    void run(FaultRegistry registry, RegistryClient client, Path folder) {
      var manifest = image(registry, "deleted");
      registry.addManifest("old", manifest.mediaType(), manifest.bytes());
      registry.addManifest("kept", manifest.mediaType(), manifest.bytes());
      try {
        assertThat(client.untag("old", manifest.digest())).isTrue();
        assertThat(registry.tags()).contains("kept").doesNotContain("old");
        assertThat(registry.manifest("kept")).hasValue(manifest.bytes());
        assertThat(client.deleteManifest(manifest.digest())).isTrue();
        assertThat(registry.manifest(manifest.digest().toString())).isEmpty();
      } catch (RegistryException e) {
        if (e.kind() != RegistryException.Kind.UNSUPPORTED) {
          throw e;
        }
        assertThat(registry.has(Quirk.NO_DELETE)).isTrue();
        assertThat(registry.manifest("old")).hasValue(manifest.bytes());
      }
    }
  };

  abstract void run(FaultRegistry registry, RegistryClient client, Path folder) throws IOException;

  boolean uploads() {
    return List.of(CHECK_PUSH, PUSH_SMALL, PUSH, PUSH_UNKNOWN).contains(this);
  }

  boolean writes() {
    return uploads() || List.of(PUSH_MANIFEST, REFER, DELETE).contains(this);
  }

  boolean readsBlobs() {
    return List.of(PULL, PULL_TO_FILE, BLOB_SIZE).contains(this);
  }

  private static void push(FaultRegistry registry, RegistryClient client, byte[] content)
      throws IOException {
    var digest = Digest.of(content);
    assertThat(client.pushBlob(digest, Content.of(content))).isEqualTo(content.length);
    assertThat(registry.blob(digest)).hasValue(content);
  }

  private static Tuple tuple(Manifest referrer, String kind) {
    return Tuple.tuple(referrer.digest(), "application/vnd." + kind, Map.of("kind", kind));
  }

  /** An image whose parts are there. */
  static Manifest image(FaultRegistry registry, String name) {
    var layer = name.getBytes(StandardCharsets.UTF_8);
    registry.addBlob(layer);
    registry.addBlob(new byte[] {'{', '}'});
    return Manifest.of(
        new ImageManifest(
            Descriptor.of(MediaTypes.IMAGE_CONFIG, new byte[] {'{', '}'}),
            List.of(Descriptor.of("application/octet-stream", layer)),
            Map.of()));
  }

  /** Something that refers to an image, and whose parts are there. */
  static Manifest referrer(FaultRegistry registry, Manifest subject, String kind) {
    var layer = kind.getBytes(StandardCharsets.UTF_8);
    registry.addBlob(layer);
    registry.addBlob(new byte[] {'{', '}'});
    return Manifest.of(
        ImageManifest.referrer(
            "application/vnd." + kind,
            List.of(Descriptor.of("text/plain", layer)),
            subject.descriptor(),
            Map.of("kind", kind)));
  }
}
