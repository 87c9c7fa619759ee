package dev.osimage.gateway.catalog;

import dev.osimage.api.BootPath;
import dev.osimage.api.OsImage;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All artifacts that OsImages name in their status: nothing else is ever served. Safe for use by
 * several threads.
 */
public final class Catalog implements ResourceEventHandler<OsImage> {

  private record ObjectName(String namespace, String name) implements Comparable<ObjectName> {

    private static final Comparator<ObjectName> ORDER =
        Comparator.comparing(ObjectName::namespace).thenComparing(ObjectName::name);

    static ObjectName of(OsImage image) {
      return new ObjectName(image.getMetadata().getNamespace(), image.getMetadata().getName());
    }

    @Override
    public int compareTo(ObjectName other) {
      return ORDER.compare(this, other);
    }
  }

  private volatile boolean complete;
  private final Map<ObjectName, List<BootImage>> images = new ConcurrentSkipListMap<>();

  /** A blob and the artifact that it is a part of. */
  public record Found(BootImage image, Descriptor blob) {}

  /** The artifact that a path names, whether or not it has the file. */
  public Optional<BootImage> find(BootPath path) {
    return of(path.namespace(), path.name()).stream()
        .filter(image -> image.manifest().equals(path.manifest()))
        .findFirst();
  }

  /** What an OsImage has published last. */
  public Optional<BootImage> newest(String namespace, String name) {
    return of(namespace, name).stream().findFirst();
  }

  /** A part of any artifact, by its repository as Docker's tools write it, and its digest. */
  public Optional<Found> find(String imageName, Digest blob) {
    return all()
        .filter(image -> familiar(image.repository().toString()).equals(familiar(imageName)))
        .flatMap(image -> image.part(blob).map(found -> new Found(image, found)).stream())
        .findFirst();
  }

  private static String familiar(String name) {
    return name.replaceFirst("^docker\\.io/(?:library/)?", "");
  }

  private List<BootImage> of(String namespace, String name) {
    return images.getOrDefault(new ObjectName(namespace, name), List.of());
  }

  /** All artifacts: by namespace and name of their objects, the newest of each first. */
  public Stream<BootImage> all() {
    return images.values().stream().flatMap(List::stream);
  }

  /** Whether all that there is was heard of; before, what is missing may only be new. */
  public boolean isComplete() {
    return complete;
  }

  /** Takes over what was known earlier. */
  public void restore(Collection<BootImage> known) {
    known.stream()
        .collect(Collectors.groupingBy(image -> new ObjectName(image.namespace(), image.name())))
        .forEach(images::putIfAbsent);
  }

  /** Forgets the objects that are not among these, which are all that there are: it is complete. */
  public void retain(Collection<OsImage> objects) {
    images.keySet().retainAll(objects.stream().map(ObjectName::of).collect(Collectors.toSet()));
    complete = true;
  }

  @Override
  public void onAdd(OsImage image) {
    var name = ObjectName.of(image);
    var published = BootImage.of(image);
    if (published.isEmpty()) {
      images.remove(name);
    } else {
      images.put(name, published);
    }
  }

  @Override
  public void onUpdate(OsImage before, OsImage image) {
    onAdd(image);
  }

  @Override
  public void onDelete(OsImage image, boolean unknown) {
    images.remove(ObjectName.of(image));
  }
}
