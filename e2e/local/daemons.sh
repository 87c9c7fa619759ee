# shellcheck shell=bash
# The cluster's long-running programs and their settings.

REGISTRY="$NODE_ADDRESS:5000"
AUTH_REGISTRY="$NODE_ADDRESS:5001"
FILES="$NODE_ADDRESS:8000"
AUTH_USER=builder
AUTH_PASSWORD=s3cret-for-tests

# The shell becomes the daemon by exec, so its id is the daemon's. It gets none of the caller's open
# files (a pipe it held would never end for the reader) and none of its settings (proxies above all).
start() {
  local name=$1 log=$STATE/log/$1.log
  shift
  (
    cd /
    exec </dev/null >>"$log" 2>&1
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      if ((fd > 2)); then exec {fd}>&-; fi
    done
    exec setsid env -i HOME="$STATE/run" LANG=C.UTF-8 PATH="$DAEMON_PATH" \
      nsenter --net="/run/netns/$NETNS" -- "$@"
  ) &
  echo $! >"$STATE/run/$name.pid"
  disown $!
}

daemon_alive() {
  local pid
  pid=$(cat "$STATE/run/$1.pid" 2>/dev/null) || return 1
  # The id may belong to another process by now; every daemon of ours names the state folder.
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$STATE/"
}

start_etcd() {
  # A test cluster that is lost in a crash is started anew: syncing to disk would only cost time.
  start etcd etcd --name osimage --data-dir "$STATE/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster osimage=http://127.0.0.1:2380
}

start_apiserver() {
  local pki=$STATE/pki
  start apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
    --bind-address=0.0.0.0 --advertise-address="$NODE_ADDRESS" --secure-port=6443 \
    --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
    --client-ca-file="$pki/ca.crt" --authorization-mode=Node,RBAC --allow-privileged=true \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file="$pki/service-account.pub" \
    --service-account-signing-key-file="$pki/service-account.key" \
    --service-cluster-ip-range="$SERVICE_RANGE" \
    --kubelet-client-certificate="$pki/apiserver-kubelet-client.crt" \
    --kubelet-client-key="$pki/apiserver-kubelet-client.key" \
    --kubelet-certificate-authority="$pki/ca.crt" --kubelet-preferred-address-types=Hostname \
    --enable-admission-plugins=NodeRestriction
}

start_controllers() {
  local pki=$STATE/pki
  start controller-manager kube-controller-manager --kubeconfig="$STATE/etc/controller-manager.kubeconfig" \
    --leader-elect=false --use-service-account-credentials --bind-address=127.0.0.1 \
    --root-ca-file="$pki/ca.crt" --service-account-private-key-file="$pki/service-account.key" \
    --cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key" \
    --service-cluster-ip-range="$SERVICE_RANGE"
  start scheduler kube-scheduler --kubeconfig="$STATE/etc/scheduler.kubeconfig" \
    --leader-elect=false --bind-address=127.0.0.1
}

start_containerd() {
  containerd_settings >"$STATE/etc/containerd.toml"
  network_settings >"$STATE/etc/cni/10-osimage.conflist"
  local registry
  for registry in "$REGISTRY" "$AUTH_REGISTRY"; do
    mkdir -p "$STATE/etc/certs.d/$registry"
    echo "server = \"http://$registry\"" >"$STATE/etc/certs.d/$registry/hosts.toml"
  done
  start containerd containerd --config "$STATE/etc/containerd.toml" --log-level warn
}

start_kubelet() {
  echo '# No name server: there is no DNS in this cluster.' >"$STATE/etc/resolv.conf"
  kubelet_settings >"$STATE/etc/kubelet.yaml"
  start kubelet kubelet --config="$STATE/etc/kubelet.yaml" --kubeconfig="$STATE/etc/kubelet.kubeconfig" \
    --root-dir="$STATE/kubelet" --cert-dir="$STATE/pki/kubelet" \
    --hostname-override="$NODE_NAME" --node-ip="$NODE_ADDRESS"
}

start_kube_proxy() {
  # The host's conntrack table is not the cluster's to resize.
  start kube-proxy kube-proxy --kubeconfig="$STATE/etc/kube-proxy.kubeconfig" \
    --hostname-override="$NODE_NAME" --cluster-cidr="$POD_RANGE" \
    --proxy-mode=nftables --conntrack-max-per-core=0
}

start_registries() {
  htpasswd -Bbn "$AUTH_USER" "$AUTH_PASSWORD" >"$STATE/etc/htpasswd"
  registry_settings "$REGISTRY" registry >"$STATE/etc/registry.yaml"
  { registry_settings "$AUTH_REGISTRY" registry-auth
    printf 'auth:\n  htpasswd: {realm: osimage, path: %s}\n' "$STATE/etc/htpasswd"
  } >"$STATE/etc/registry-auth.yaml"
  start registry docker-registry serve "$STATE/etc/registry.yaml"
  start registry-auth docker-registry serve "$STATE/etc/registry-auth.yaml"
  start files busybox httpd -f -p "$FILES" -h "$STATE/files"
}

# No cache: the one in memory still answers for blobs that a test deleted.
registry_settings() {
  cat <<END
version: 0.1
log: {level: warn, accesslog: {disabled: false}}
storage:
  filesystem: {rootdirectory: $STATE/$2}
  delete: {enabled: true}
  maintenance: {uploadpurging: {enabled: false}}
http: {addr: "$1", secret: osimage-e2e}
END
}

containerd_settings() {
  cat <<END
version = 3
root = "$STATE/containerd"
state = "$STATE/run/containerd"

[grpc]
  address = "$CONTAINERD_SOCKET"

[plugins.'io.containerd.nri.v1.nri']
  disable = true

[plugins.'io.containerd.internal.v1.opt']
  path = "$STATE/containerd/opt"

[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "$PAUSE_IMAGE"
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = "$STATE/etc/certs.d"

[plugins.'io.containerd.cri.v1.runtime']
  # Without CAP_SYS_RESOURCE (a sandboxed machine) every pod would die when runc lowers the score.
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "$STATE/etc/cni"
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = "runc"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        BinaryName = "/usr/sbin/runc"
        Root = "$STATE/run/runc"
        SystemdCgroup = false
END
}

network_settings() {
  cat <<END
{
  "cniVersion": "1.0.0",
  "name": "osimage-e2e",
  "plugins": [
    {
      "type": "bridge", "bridge": "osi-pods", "isGateway": true, "ipMasq": true, "hairpinMode": true,
      "ipam": {
        "type": "host-local", "dataDir": "$STATE/cni",
        "ranges": [[{"subnet": "$POD_RANGE"}]], "routes": [{"dst": "0.0.0.0/0"}]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
END
}

# clusterDNS names the pod's own loopback: a name look-up is refused at once instead of waiting,
# and kubelet writes no warning event for each pod.
kubelet_settings() {
  cat <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $STATE/pki/ca.crt}
authorization: {mode: Webhook}
tlsCertFile: $STATE/pki/kubelet-serving.crt
tlsPrivateKeyFile: $STATE/pki/kubelet-serving.key
containerRuntimeEndpoint: unix://$CONTAINERD_SOCKET
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
clusterDomain: cluster.local
clusterDNS: [127.0.0.1]
resolvConf: $STATE/etc/resolv.conf
podLogsDir: $STATE/log/pods
volumePluginDir: $STATE/kubelet/volume-plugins
END
}
