import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.HexFormat;
import java.util.TreeMap;

/// Writes a trust store without password that holds the certificates of a PEM bundle.
/// The JDK's own cannot be used: distributions make it a link to the store of the building machine.
class TrustStore {
  public static void main(String[] args) throws Exception {
    // Encryption and MAC would bring a random salt into the bytes.
    System.setProperty("keystore.pkcs12.certProtectionAlgorithm", "NONE");
    System.setProperty("keystore.pkcs12.macAlgorithm", "NONE");
    var byDigest = new TreeMap<String, Certificate>();
    try (var pem = new FileInputStream(args[0])) {
      for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        var digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
        byDigest.put(HexFormat.of().formatHex(digest), certificate);
      }
    }
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    for (var entry : byDigest.entrySet()) {
      store.setCertificateEntry(entry.getKey(), entry.getValue());
    }
    try (var out = new FileOutputStream(args[1])) {
      store.store(out, null);
    }
  }
}
