package dev.osimage.gateway.web;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/**
 * A certificate with its chain and its private key, as two files in PEM: {@code tls.crt} and {@code
 * tls.key} of a Secret of type {@code kubernetes.io/tls}, which may be replaced at any time.
 *
 * @param chain the certificate, and after it those of its authorities
 * @param key its private key, RSA or EC, not encrypted
 */
public record ServerCertificate(Path chain, Path key) {

  private static final int MAX_BYTES = 256 * 1024;
  private static final byte[] PROBE = {1};

  /** The files of a mounted Secret. */
  public static ServerCertificate in(Path folder) {
    return new ServerCertificate(folder.resolve("tls.crt"), folder.resolve("tls.key"));
  }

  /** The files as they are now; {@link IOException} says what is wrong with them. */
  Content read() throws IOException {
    return new Content(bounded(chain), bounded(key));
  }

  private static String bounded(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      var bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException(file + " is larger than 256 KiB");
      }
      return new String(bytes, StandardCharsets.US_ASCII);
    } catch (NoSuchFileException e) {
      throw new IOException("there is no " + file, e);
    }
  }

  /** What the two files hold. */
  record Content(String chain, String key) {

    /** For a server; {@link IOException} says what is wrong, and nothing of the key. */
    SSLContext context() throws IOException {
      try {
        var certificates =
            CertificateFactory.getInstance("X.509")
                .generateCertificates(
                    new ByteArrayInputStream(chain.getBytes(StandardCharsets.US_ASCII)))
                .toArray(Certificate[]::new);
        if (certificates.length == 0) {
          throw new IOException("tls.crt has no certificate");
        }
        var privateKey = privateKey();
        if (!belong(privateKey, certificates[0].getPublicKey())) {
          throw new IOException("tls.key is not the key of the first certificate in tls.crt");
        }
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("gateway", privateKey, new char[0], certificates);
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
      } catch (GeneralSecurityException e) {
        throw new IOException("tls.crt and tls.key can't be used: " + e.getMessage(), e);
      }
    }

    private PrivateKey privateKey() throws IOException {
      try (var parser = new PEMParser(new StringReader(key))) {
        // An EC key may have its curve's parameters before it.
        for (Object found = parser.readObject(); found != null; found = parser.readObject()) {
          if (found instanceof PEMKeyPair pair) {
            return new JcaPEMKeyConverter().getPrivateKey(pair.getPrivateKeyInfo());
          }
          if (found instanceof PrivateKeyInfo info) {
            return new JcaPEMKeyConverter().getPrivateKey(info);
          }
        }
      } catch (IOException | RuntimeException e) {
        throw new IOException("tls.key is damaged", e);
      }
      throw new IOException("tls.key has no private key in PEM that is not encrypted");
    }

    private static boolean belong(PrivateKey privateKey, PublicKey publicKey)
        throws GeneralSecurityException {
      var algorithm =
          switch (privateKey.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC", "ECDSA" -> "SHA256withECDSA";
            default -> privateKey.getAlgorithm();
          };
      try {
        var signing = Signature.getInstance(algorithm);
        signing.initSign(privateKey);
        signing.update(PROBE);
        var verifying = Signature.getInstance(algorithm);
        verifying.initVerify(publicKey);
        verifying.update(PROBE);
        return verifying.verify(signing.sign());
      } catch (InvalidKeyException e) {
        return false;
      }
    }

    /** Without the key. */
    @Override
    public String toString() {
      return "a certificate with its key";
    }
  }
}
