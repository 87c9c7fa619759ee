package dev.osimage.e2e;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import okhttp3.tls.HeldCertificate;

/** The cluster that all proofs share, with the operator of this checkout in it. */
final class Lab {

  private static final Lab LAB = new Lab();

  final Cluster cluster;
  final String image;
  final KubernetesClient client;
  final MirrorSite mirrors;

  /** The private authority that the chart's bundle vouches for. */
  final HeldCertificate authority = new HeldCertificate.Builder().certificateAuthority(0).build();

  private final List<String> gateway;

  private Lab() {
    cluster = Cluster.running();
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(cluster.kubeconfig().toFile()))
            .build();
    mirrors = new MirrorSite(cluster.address(), authority);
    gateway = Chart.gateway(cluster);
    image = cluster.load(Project.image());
    installOperator();
  }

  static Lab open() {
    return LAB;
  }

  /**
   * Installs the operator as the proofs want it: with clocks that do not make them wait, mirrors of
   * one site, a boot gateway, and more values. Who disturbs the operator that all share holds the
   * monitor of this object meanwhile.
   */
  void installOperator(String... more) {
    var values =
        Stream.concat(
            Stream.of(
                "builder.progressInterval=1s",
                "builder.credentialsWait=3s",
                "builder.deletionTimeout=20s",
                "builder.retry.initial=1s",
                "builder.retry.max=4s",
                "builder.retry.slow.initial=2s",
                "builder.retry.slow.max=5s"),
            Stream.of(
                    mirrors.values().stream(),
                    gateway.stream(),
                    Stream.of("builder.caBundle=" + authority.certificatePem()),
                    Stream.of(more))
                .flatMap(part -> part));
    Chart.install(cluster, image, Project.imageDigest(), values.toArray(String[]::new));
  }

  /** Name of the operator's pod that works. */
  String leader() {
    var lease = client.leases().inNamespace(Chart.NAMESPACE).withName(Chart.RELEASE).get();
    return Optional.ofNullable(lease.getSpec().getHolderIdentity()).orElseThrow();
  }
}
