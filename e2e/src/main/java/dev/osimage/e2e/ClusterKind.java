package dev.osimage.e2e;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** The clusters that the variable {@code OSIMAGE_CLUSTER} names, in lower case. */
enum ClusterKind {
  /** That of {@code e2e/local/cluster.sh}. */
  LOCAL,
  /** A container of this machine's Docker. */
  K3S,
  /** Somebody's cluster: never without being asked for. */
  KUBECONFIG;

  static final String VARIABLE = "OSIMAGE_CLUSTER";

  /** The one that is asked for; without a word about it k3s, and where that cannot be, local. */
  static ClusterKind chosen(Map<String, String> environment, BooleanSupplier k3sIsPossible) {
    var wanted = environment.getOrDefault(VARIABLE, "");
    if (wanted.isEmpty()) {
      return k3sIsPossible.getAsBoolean() ? K3S : LOCAL;
    }
    return Arrays.stream(values())
        .filter(kind -> kind.toString().equals(wanted))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(unknown(wanted)));
  }

  /** Prints the choice, for the Makefile; says what is wrong with the environment instead. */
  public static void main(String[] args) {
    try {
      var environment = System.getenv();
      var kind = chosen(environment, K3sCluster::isPossible);
      if (kind == KUBECONFIG) {
        GivenCluster.check(environment);
      }
      System.out.println(kind);
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static String unknown(String wanted) {
    return "%s=%s is unknown; it is one of %s, or not set"
        .formatted(
            VARIABLE,
            wanted,
            Arrays.stream(values()).map(ClusterKind::toString).collect(Collectors.joining(", ")));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
