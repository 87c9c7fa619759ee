package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.Digest;
import dev.osimage.oci.faults.Fault;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Received;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.http.CaBundle;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** What tests against the registry of faults share; each ends with a look for leaked secrets. */
@Timeout(60)
abstract class AgainstFaults {

  static final Credentials LOGIN =
      new Credentials.Login(FaultRegistry.USER, FaultRegistry.PASSWORD);
  static final Credentials IDENTITY =
      new Credentials.IdentityToken("", FaultRegistry.REFRESH_TOKEN);
  static final RetryPolicy QUICK =
      new RetryPolicy(
          5,
          Duration.ofMillis(1),
          Duration.ofMillis(4),
          Duration.ofMillis(300),
          Duration.ofMinutes(1));

  private static final HeldCertificate CERTIFICATE =
      new HeldCertificate.Builder()
          .addSubjectAlternativeName("127.0.0.1")
          .addSubjectAlternativeName("localhost")
          .build();

  private final List<FaultRegistry> registries = new ArrayList<>();
  private final List<HttpTransport> transports = new ArrayList<>();

  @AfterEach
  void stop() throws IOException {
    transports.forEach(HttpTransport::close);
    for (var registry : registries) {
      registry.close();
      assertNothingLeaked(registry);
    }
  }

  FaultRegistry registry(Fault... faults) throws IOException {
    return started(FaultRegistry.start(faults));
  }

  FaultRegistry tlsRegistry(Fault... faults) throws IOException {
    var certificates = new HandshakeCertificates.Builder().heldCertificate(CERTIFICATE).build();
    return started(FaultRegistry.startTls(certificates.sslContext(), faults));
  }

  private FaultRegistry started(FaultRegistry registry) {
    registries.add(registry);
    return registry;
  }

  HttpTransport http(Duration timeout) {
    var http =
        new HttpTransport(HttpSettings.of(Map.of()).withTimeouts(timeout))
            .trusting(new CaBundle(List.of(CERTIFICATE.certificate())));
    transports.add(http);
    return http;
  }

  HttpTransport http() {
    return http(Duration.ofSeconds(20));
  }

  static RegistrySettings settings(FaultRegistry registry, @Nullable Credentials credentials) {
    return new RegistrySettings(
        registry.url().startsWith("http:"), () -> Optional.ofNullable(credentials), QUICK);
  }

  RegistryClient client(FaultRegistry registry, RegistrySettings settings) {
    return new RegistryClient(http(), registry.repository(), settings);
  }

  RegistryClient client(FaultRegistry registry, @Nullable Credentials credentials) {
    return client(registry, settings(registry, credentials));
  }

  RegistryClient client(FaultRegistry registry) {
    return client(registry, LOGIN);
  }

  /** A client that gives up on a silent registry soon. */
  RegistryClient impatient(FaultRegistry registry) {
    return new RegistryClient(
        http(Duration.ofMillis(250)), registry.repository(), settings(registry, LOGIN));
  }

  /** The same bytes for the same size. */
  static byte[] bytes(int size) {
    var bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  /** Pushes what nobody knows the length and the digest of, as a build does it. */
  static Digest pushUnknown(RegistryClient client, byte[] content) throws IOException {
    var known = new AtomicReference<@Nullable Digest>();
    var length = new AtomicReference<>(OptionalLong.empty());
    return QUICK.run(number -> {
      try (var blob = client.upload(new ByteArrayInputStream(content), length.get(), known.get())) {
        blob.commit();
        return blob.digest();
      } catch (UnknownDigestException e) {
        known.set(e.digest());
        length.set(OptionalLong.of(e.size()));
        throw e;
      }
    });
  }

  static List<Step> steps(FaultRegistry registry) {
    return registry.requests().stream().map(Received::step).toList();
  }

  static String header(Received request, String name) {
    return Objects.requireNonNullElse(request.header(name), "");
  }

  /** Only the registry, and the token servers that it named, may have seen what opens it. */
  static void assertNothingLeaked(FaultRegistry registry) {
    var strangers =
        registry.requests().stream()
            .filter(request -> !request.host().equals(registry.host()))
            .filter(request -> request.step() != Step.TOKEN);
    assertThat(strangers)
        .allSatisfy(request -> assertThat(request.header("Authorization")).isNull());
    assertThat(registry.requests().stream().map(Received::target))
        .noneMatch(target ->
            Stream.of(FaultRegistry.PASSWORD, FaultRegistry.REFRESH_TOKEN)
                .anyMatch(target::contains));
  }
}
