package dev.osimage.bench;

import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * etcd and a Kubernetes API server with the chart's rights for the operator: no controllers, and no
 * nodes. It writes down every request of the operator.
 */
final class ControlPlane implements AutoCloseable {

  /** Who the operator is. Its rights are those that the chart gives to its service account. */
  static final String OPERATOR = "system:serviceaccount:osimage-operator:osimage-operator";

  /** Who everybody else is. */
  static final String ADMIN = "bench";

  /** The namespace of the OsImages. */
  static final String NAMESPACE = "images";

  static final String KUBECONFIG = "operator.kubeconfig";

  private static final String ADMIN_KUBECONFIG = "admin.kubeconfig";
  private static final String AUDIT_LOG = "audit.log";
  private static final String OPERATOR_TOKEN = "operator-token";
  private static final String ADMIN_TOKEN = "admin-token";
  private static final Path PROJECT = Path.of("").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Workplace place;
  private final Server etcd;
  private final Server server;

  private ControlPlane(Workplace place, Server etcd, Server server) {
    this.place = place;
    this.etcd = etcd;
    this.server = server;
  }

  /** Starts everything; returns when OsImages can be created. */
  static ControlPlane start(Workplace place) throws IOException {
    requireOwnNetwork();
    Certificate.make(place);
    settings(place);
    int port = Server.freePort();
    var etcd = etcd(place, port);
    try {
      var plane = new ControlPlane(place, etcd, apiServer(place, port));
      try {
        plane.prepare();
        return plane;
      } catch (IOException | RuntimeException e) {
        plane.server.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      etcd.close();
      throw e;
    }
  }

  /** The operator's port is fixed, and open to every network that there is. */
  private static void requireOwnNetwork() throws SocketException {
    if (!NetworkInterface.networkInterfaces().allMatch(ControlPlane::isLoopback)) {
      throw new BenchException(
          "the operator listens on every network: bench.sh gives it one of its own, as root only");
    }
  }

  private static boolean isLoopback(NetworkInterface network) {
    try {
      return network.isLoopback();
    } catch (SocketException e) {
      return false;
    }
  }

  private static void settings(Workplace place) throws IOException {
    Files.writeString(
        place.path("tokens.csv"),
        """
        %s,%s,1,"system:serviceaccounts,system:serviceaccounts:osimage-operator"
        %s,%s,2,"system:masters"
        """
            .formatted(OPERATOR_TOKEN, OPERATOR, ADMIN_TOKEN, ADMIN));
    Files.writeString(
        place.path("audit-policy.yaml"),
        """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived, ResponseStarted]
        rules:
          - level: Metadata
            users: ["%s"]
          - level: Metadata
            users: ["%s"]
            verbs: [create]
            resources: [{group: osimage.dev, resources: [osimages]}]
          - level: None
        """
            .formatted(OPERATOR, ADMIN));
  }

  private static Server etcd(Workplace place, int port) throws IOException {
    var clients = "http://127.0.0.1:" + port;
    var peers = "http://127.0.0.1:" + Server.freePort();
    var words =
        List.of(
            "etcd",
            "--name=bench",
            "--data-dir=" + place.emptied("etcd").getFileName(),
            "--log-level=warn",
            "--listen-client-urls=" + clients,
            "--advertise-client-urls=" + clients,
            "--listen-peer-urls=" + peers,
            "--initial-advertise-peer-urls=" + peers,
            "--initial-cluster=bench=" + peers);
    return Server.start(place, port, "etcd.log", words);
  }

  private static Server apiServer(Workplace place, int etcdPort) throws IOException {
    int port = Server.freePort();
    var words =
        List.of(
            "kube-apiserver",
            "--etcd-servers=http://127.0.0.1:" + etcdPort,
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--secure-port=" + port,
            "--tls-cert-file=" + Certificate.FILE,
            "--tls-private-key-file=" + Certificate.KEY,
            "--token-auth-file=tokens.csv",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=" + Certificate.FILE,
            "--service-account-signing-key-file=" + Certificate.KEY,
            "--service-cluster-ip-range=10.0.0.0/24",
            // Nobody makes the accounts that it would ask for.
            "--disable-admission-plugins=ServiceAccount",
            "--endpoint-reconciler-type=none",
            "--audit-policy-file=audit-policy.yaml",
            "--audit-log-path=" + AUDIT_LOG);
    return Server.start(place, port, "apiserver.log", words);
  }

  private void prepare() throws IOException {
    kubeconfig(KUBECONFIG, OPERATOR_TOKEN);
    kubeconfig(ADMIN_KUBECONFIG, ADMIN_TOKEN);
    try (var api = api()) {
      Wait.until("the API server is ready", PATIENCE, () -> isReady(api));
    }
    place.run(template("clusterrole", "clusterrolebinding").into("rights.yaml"));
    place.run(kubectl("create", "-f", "rights.yaml"));
    place.run(kubectl("create", "namespace", NAMESPACE));
    place.run(kubectl("create", "-f", PROJECT.resolve("crds").toString()));
    place.run(kubectl("wait", "--for=condition=established", "--timeout=60s", "crd", "--all"));
  }

  private boolean isReady(Api api) throws IOException {
    if (!server.isAlive()) {
      throw new BenchException(
          "the API server ended: " + Files.readString(place.path("apiserver.log")));
    }
    try {
      return api.get("/readyz").equals("ok");
    } catch (IOException e) {
      return false;
    }
  }

  private void kubeconfig(String file, String token) throws IOException {
    Files.writeString(
        place.path(file),
        """
        apiVersion: v1
        kind: Config
        clusters:
          - name: bench
            cluster: {server: "https://%s", certificate-authority: %s}
        users:
          - name: bench
            user: {token: %s}
        contexts:
          - name: bench
            context: {cluster: bench, user: bench}
        current-context: bench
        """
            .formatted(server.host(), place.path(Certificate.FILE), token));
  }

  private static Command template(String... names) {
    var command = "helm template osimage-operator --namespace osimage-operator".split(" ", -1);
    var words = new ArrayList<>(List.of(command));
    words.add(PROJECT.resolve("helm/osimage-operator").toString());
    for (var name : names) {
      words.addAll(List.of("--show-only", "templates/" + name + ".yaml"));
    }
    return Command.of(words.toArray(String[]::new));
  }

  private static Command kubectl(String... words) {
    var all = new ArrayList<>(List.of("kubectl", "--kubeconfig=" + ADMIN_KUBECONFIG));
    all.addAll(List.of(words));
    return Command.of(all.toArray(String[]::new));
  }

  /** The chart's Deployment of the operator, with the chart's own values, as JSON. */
  String deployment() throws IOException {
    place.run(template("deployment").into("deployment.yaml"));
    place.run(
        kubectl("create", "--dry-run=client", "--output=json", "-f", "deployment.yaml")
            .into("deployment.json"));
    return Files.readString(place.path("deployment.json"));
  }

  /** The API server, for everybody but the operator. */
  Api api() throws IOException {
    return new Api(server.host(), ADMIN_TOKEN, place.path(Certificate.FILE));
  }

  /** What was asked so far by the operator, and which OsImages were created. */
  AuditLog audit() throws IOException {
    return AuditLog.read(place.path(AUDIT_LOG));
  }

  /** Seconds of CPU that the API server used. */
  double serverCpu() {
    return server.cpu();
  }

  /** Seconds of CPU that etcd used. */
  double etcdCpu() {
    return etcd.cpu();
  }

  @Override
  public void close() {
    server.close();
    etcd.close();
  }
}
