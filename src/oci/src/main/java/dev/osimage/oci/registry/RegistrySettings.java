package dev.osimage.oci.registry;

import dev.osimage.oci.http.RetryPolicy;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How to reach a registry.
 *
 * @param plainHttp whether it is spoken to without TLS
 * @param credentials asked whenever the registry wants credentials; they may change meanwhile
 * @param retries what is done about failures that may pass
 */
public record RegistrySettings(
    boolean plainHttp, Supplier<Optional<Credentials>> credentials, RetryPolicy retries) {

  /** TLS, nobody's credentials, and the usual retries. */
  public static final RegistrySettings ANONYMOUS =
      new RegistrySettings(false, Optional::empty, RetryPolicy.DEFAULT);

  /** The same with these credentials. */
  public RegistrySettings withCredentials(Credentials credentials) {
    return new RegistrySettings(plainHttp, () -> Optional.of(credentials), retries);
  }

  /** The same without TLS, or with it. */
  public RegistrySettings withPlainHttp(boolean plainHttp) {
    return new RegistrySettings(plainHttp, credentials, retries);
  }

  /** The same with other retries. */
  public RegistrySettings withRetries(RetryPolicy retries) {
    return new RegistrySettings(plainHttp, credentials, retries);
  }
}
