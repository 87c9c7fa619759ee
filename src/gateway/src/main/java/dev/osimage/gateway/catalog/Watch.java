package dev.osimage.gateway.catalog;

import dev.osimage.api.OsImage;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps a catalog, and its file, as the API server says; goes on asking while that is away. */
public final class Watch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Catalog catalog;
  private final CatalogFile file;
  private final List<SharedIndexInformer<OsImage>> informers;
  private final Thread saver = Thread.ofVirtual().name("catalog").unstarted(this::save);
  private boolean retained;

  /** Watches these namespaces, or all when there are none. */
  public Watch(
      KubernetesClient client, List<String> namespaces, Catalog catalog, CatalogFile file) {
    this.catalog = catalog;
    this.file = file;
    var images = client.resources(OsImage.class);
    this.informers =
        namespaces.isEmpty()
            ? List.of(images.inAnyNamespace().runnableInformer(0))
            : namespaces.stream()
                .map(namespace -> images.inNamespace(namespace).runnableInformer(0))
                .toList();
    for (var informer : informers) {
      informer.addEventHandler(catalog);
      informer.exceptionHandler((started, failure) -> {
        LOG.warn("the API server does not answer: {}", failure.getMessage());
        return true;
      });
    }
  }

  /** Begins; returns at once. */
  public void start() {
    informers.forEach(SharedIndexInformer::start);
    saver.start();
  }

  /** Whether all that there is has been seen. */
  public boolean hasSynced() {
    return informers.stream().allMatch(SharedIndexInformer::hasSynced);
  }

  private void save() {
    try {
      while (true) {
        Thread.sleep(PAUSE);
        if (hasSynced()) {
          forgetWhatIsGone();
          file.save(catalog);
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("the catalog is not saved any more");
    }
  }

  /** What the file had named and is gone by now; of what goes later, events tell. */
  private void forgetWhatIsGone() {
    if (!retained) {
      retained = true;
      catalog.retain(
          informers.stream().flatMap(informer -> informer.getStore().list().stream()).toList());
    }
  }

  @Override
  public void close() {
    informers.forEach(SharedIndexInformer::close);
    saver.interrupt();
  }
}
