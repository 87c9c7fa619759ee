package dev.osimage.oci.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Manifest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayoutConcurrencyTest {

  @TempDir Path root;

  @Test
  void eightThreadsTagAtOnceAndNothingIsLost() throws Exception {
    Layout.create(root);
    var writers =
        IntStream.range(0, 8)
            .mapToObj(i ->
                (Callable<Void>)
                    () -> {
                      // Its own object, as another part of a program would have it.
                      tag(Layout.open(root), "thread-" + i, 20);
                      return null;
                    })
            .toList();
    try (var executor = Executors.newFixedThreadPool(8)) {
      for (var result : executor.invokeAll(writers)) {
        result.get();
      }
    }

    assertThat(tags()).containsExactlyInAnyOrderElementsOf(expected("thread-", 8, 20));
    assertNothingLeft();
  }

  @Test
  void twoProcessesTagAtOnceAndNothingIsLost() throws Exception {
    var processes = new ArrayList<Process>();
    for (int i = 0; i < 2; i++) {
      processes.add(
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  Tagger.class.getName(),
                  root.toString(),
                  "process-" + i)
              .inheritIO()
              .start());
    }
    for (var process : processes) {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    }

    assertThat(tags()).containsExactlyInAnyOrderElementsOf(expected("process-", 2, 50));
    assertNothingLeft();
  }

  @Test
  void whatAnotherProcessIsWritingIsNotTakenForALeftover() throws Exception {
    var layout = Layout.create(root);
    var part = root.resolve("blobs/sha256/.osimage-part-" + UUID.randomUUID());
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                part.toString())
            .start();
    try {
      assertThat(process.getInputStream().read()).isEqualTo('!');
      Images.blob(layout, "1");
      assertThat(part).exists();
    } finally {
      process.destroyForcibly().waitFor();
    }

    Images.blob(Layout.open(root), "2");
    assertThat(part).doesNotExist();
  }

  private void assertNothingLeft() throws IOException {
    try (var files = Files.walk(root)) {
      assertThat(files.filter(DurableFile::isPart)).isEmpty();
    }
  }

  private List<String> tags() throws IOException {
    return Layout.open(root).manifests().stream()
        .map(Descriptor::annotations)
        .filter(annotations -> !annotations.isEmpty())
        .map(annotations -> annotations.get(LayoutIndex.REF_NAME))
        .toList();
  }

  private static List<String> expected(String name, int writers, int each) {
    return IntStream.range(0, writers)
        .boxed()
        .flatMap(i -> IntStream.range(0, each).mapToObj(j -> name + i + "-" + j))
        .toList();
  }

  private static void tag(Layout layout, String name, int count) throws IOException {
    // The same image for all, so that its blobs are written at once too.
    Manifest image = Images.image(layout, "shared");
    for (int i = 0; i < count; i++) {
      layout.tag(image, name + "-" + i);
    }
  }

  /** Another process that writes to a layout. */
  static final class Tagger {

    private Tagger() {}

    public static void main(String[] arguments) throws IOException {
      tag(Layout.create(Path.of(arguments[0])), arguments[1], 50);
    }
  }

  /** Another process that has begun a file and does not end. */
  static final class Holder {

    private Holder() {}

    public static void main(String[] arguments) throws Exception {
      try (var channel =
              FileChannel.open(
                  Path.of(arguments[0]), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
          var lock = channel.lock()) {
        System.out.print(lock.isValid() ? "!" : "?");
        System.out.flush();
        Thread.currentThread().join();
      }
    }
  }
}
