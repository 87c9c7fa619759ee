package dev.osimage.image;

import java.nio.file.Path;

/**
 * Where a builder finds the Secrets and ConfigMaps that its plan names: each is a folder below
 * {@code root}, with its keys as files. The operator mounts them there.
 */
public record Mounts(Path root) {

  /** The key of a ConfigMap that holds authorities, in PEM. */
  public static final String CA_KEY = "ca.crt";

  /** The folder of a Secret. */
  public Path secret(String name) {
    return root.resolve("secrets").resolve(name);
  }

  /** The folder of a ConfigMap with authorities; it holds no key but {@link #CA_KEY}. */
  public Path caBundle(String name) {
    return root.resolve("ca-bundles").resolve(name);
  }
}
