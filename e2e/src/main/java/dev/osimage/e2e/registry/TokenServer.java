package dev.osimage.e2e.registry;

import dev.osimage.oci.Digest;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import okhttp3.OkHttpClient;
import okhttp3.tls.HeldCertificate;
import org.bouncycastle.util.encoders.Base32;
import org.jspecify.annotations.Nullable;

/**
 * distribution's own token server. A token is good for 15 minutes and for repositories below the
 * user's name.
 */
record TokenServer(Daemon daemon, String realm, Path certificate, Path keySet) {

  private static final String ISSUER = "osimage-e2e-tokens";
  private static final String SERVICE = "osimage-e2e-registry";
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  // One for all servers, because making it takes a second.
  private static final HeldCertificate SIGNER =
      new HeldCertificate.Builder().commonName(ISSUER).rsa2048().build();

  /** Starts it for the users of an htpasswd file; it speaks TLS when the registry does. */
  static TokenServer start(
      String host, Path folder, Path htpasswd, @Nullable Tls tls, OkHttpClient http)
      throws IOException {
    var key = Files.writeString(folder.resolve("token.key"), SIGNER.privateKeyPkcs1Pem());
    var address = Ports.free(host);
    // By name: go-containerregistry, wary of forged requests, asks no private address for a token.
    var realm =
        (tls == null ? "http://" : "https://")
            + address.replaceFirst("^127.0.0.1:", "localhost:")
            + "/token/";
    var arguments = new ArrayList<>(List.of("-addr", address, "-realm", realm, "-issuer", ISSUER));
    arguments.addAll(List.of("-key", key.toString(), "-passwd", htpasswd.toString()));
    if (tls != null) {
      arguments.addAll(
          List.of("-tlscert", tls.certificate().toString(), "-tlskey", tls.key().toString()));
    }
    var certificate = Files.writeString(folder.resolve("token.crt"), SIGNER.certificatePem());
    var publicKey = (RSAPublicKey) SIGNER.keyPair().getPublic();
    var keySet = Files.writeString(folder.resolve("token.jwks"), keySet(publicKey));
    var daemon = Daemon.start(address, folder, "token-server", arguments.toArray(String[]::new));
    return new TokenServer(daemon.awaitAnswer(http, realm), realm, certificate, keySet);
  }

  /** The registry's settings: distribution 2 knows the signer by certificate, 3 by key set. */
  String settings(RealRegistry.Kind kind) {
    var signer =
        kind == RealRegistry.Kind.DISTRIBUTION_2
            ? "rootcertbundle: " + certificate
            : "jwks: " + keySet;
    return "token: {realm: \"%s\", service: %s, issuer: %s, %s}"
        .formatted(realm, SERVICE, ISSUER, signer);
  }

  private static String keySet(RSAPublicKey key) {
    return """
    {"keys": [{"kty": "RSA", "use": "sig", "kid": "%s", "n": "%s", "e": "%s"}]}
    """
        .formatted(keyId(key), number(key.getModulus()), number(key.getPublicExponent()));
  }

  // The name that libtrust, which signs the tokens, gives to a key: 240 bits in groups of 4
  // letters.
  private static String keyId(RSAPublicKey key) {
    var hash = Digest.sha256().digest(key.getEncoded());
    var letters = Base32.toBase32String(Arrays.copyOf(hash, 30));
    return letters.replaceAll("(.{4})(?!$)", "$1:");
  }

  private static String number(BigInteger number) {
    var bytes = number.toByteArray();
    return BASE64.encodeToString(
        bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes);
  }
}
