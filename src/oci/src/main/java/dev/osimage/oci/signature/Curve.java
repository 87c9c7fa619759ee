package dev.osimage.oci.signature;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A curve of NIST that signatures are accepted of, and the names by which Java knows these, which
 * differ by the hash.
 */
record Curve(ECParameterSpec parameters, List<String> algorithms) {

  static final Curve P256 = named("secp256r1", "SHA256withECDSA");
  private static final List<Curve> ALL =
      List.of(
          P256,
          named("secp384r1", "SHA384withECDSA", "SHA256withECDSA"),
          named("secp521r1", "SHA512withECDSA", "SHA256withECDSA"));

  static @Nullable Curve of(ECParameterSpec parameters) {
    return ALL.stream().filter(curve -> curve.is(parameters)).findAny().orElse(null);
  }

  private boolean is(ECParameterSpec other) {
    return parameters.getCurve().equals(other.getCurve())
        && parameters.getGenerator().equals(other.getGenerator())
        && parameters.getOrder().equals(other.getOrder())
        && parameters.getCofactor() == other.getCofactor();
  }

  private static Curve named(String name, String... algorithms) {
    try {
      var parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec(name));
      return new Curve(parameters.getParameterSpec(ECParameterSpec.class), List.of(algorithms));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has " + name, e);
    }
  }
}
