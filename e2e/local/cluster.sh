#!/usr/bin/env bash
# A Kubernetes cluster of one node with two registries and a file server, on this machine without Docker.
# Usage: cluster.sh up|down|status|load FILE.tar|env
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
STATE="$(realpath -ms "${OSIMAGE_STATE:-/var/lib/osimage-e2e}")"
CONTAINERD_SOCKET=$STATE/run/containerd.sock
DAEMONS=(etcd apiserver controller-manager scheduler containerd kubelet kube-proxy registry registry-auth files)

# shellcheck source=tools.sh
. "$HERE/tools.sh"
# shellcheck source=network.sh
. "$HERE/network.sh"
# shellcheck source=certificates.sh
. "$HERE/certificates.sh"
# shellcheck source=images.sh
. "$HERE/images.sh"
# shellcheck source=daemons.sh
. "$HERE/daemons.sh"
# shellcheck source=cleanup.sh
. "$HERE/cleanup.sh"

OSIMAGE_CACHE="$(realpath -m "$OSIMAGE_CACHE")"

say() { echo "cluster: $*" >&2; }

die() {
  say "$@"
  exit 1
}

check_settings() {
  ((EUID == 0)) || die 'run as root: it makes a network namespace, mounts and cgroups'
  # The folder stands in sockets' names (108 characters at most), patterns and settings files.
  [[ $STATE =~ ^(/[A-Za-z0-9_.-]+){2,}$ && ${#STATE} -le 40 ]] ||
    die "OSIMAGE_STATE=$STATE: two levels or more, at most 40 characters of A-Z a-z 0-9 _ . - /"
}

# On the folder above, because a lock file would be a trace and the state folder comes and goes.
lock() {
  mkdir -p "${STATE%/*}"
  exec 8<"${STATE%/*}"
  flock -w 300 8 || die 'another call of this script is still at work'
}

set_daemon_path() {
  local tool
  DAEMON_PATH=
  # The versions themselves, not the links: another checkout may turn those to other versions.
  for tool in etcd containerd kubernetes; do DAEMON_PATH+="$(tools_folder "$tool")/bin:"; done
  DAEMON_PATH+=/usr/sbin:/usr/bin:/sbin:/bin
}

versions() {
  local tool
  for tool in etcd containerd kubernetes; do tools_folder "$tool"; done
}

api() {
  local pki=$STATE/pki
  curl -sf -m 2 --noproxy '*' --cacert "$pki/ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" \
    "https://$NODE_ADDRESS:6443$1"
}

answers() { curl -s -o /dev/null -m 2 --noproxy '*' "http://$1/"; }
api_ready() { api /readyz >/dev/null; }
node_ready() {
  api "/api/v1/nodes/$NODE_NAME" |
    jq -e '.status.conditions[] | select(.type == "Ready") | .status == "True"' >/dev/null 2>&1
}
service_account_ready() { api /api/v1/namespaces/default/serviceaccounts/default >/dev/null; }
containerd_ready() { timeout 5 "$(tools_folder containerd)/bin/ctr" --address "$CONTAINERD_SOCKET" -n k8s.io images list -q >/dev/null 2>&1; }

ctr_k8s() {
  "$(tools_folder containerd)/bin/ctr" --address "$CONTAINERD_SOCKET" -n k8s.io "$@"
}

# Prints why the cluster is not healthy, nothing when it is.
trouble() {
  local name address
  [[ -e $STATE/.osimage-e2e ]] || { echo 'not running'; return; }
  [[ -e $STATE/complete ]] || { echo 'a start did not finish'; return; }
  [[ "$(cat "$STATE/versions")" = "$(versions)" ]] || { echo 'it runs other tool versions'; return; }
  for name in "${DAEMONS[@]}"; do
    daemon_alive "$name" || { echo "$name is not running"; return; }
  done
  api_ready || { echo 'the API server is not ready'; return; }
  node_ready || { echo 'the node is not ready'; return; }
  for address in "$REGISTRY" "$AUTH_REGISTRY" "$FILES"; do
    answers "$address" || { echo "nothing answers at $address"; return; }
  done
}

# wait_for WHAT SECONDS DAEMON COMMAND...
wait_for() {
  local what=$1 limit=$2 daemon=$3 begin=$SECONDS
  shift 3
  until "$@"; do
    if ! daemon_alive "$daemon"; then
      say "$daemon ended while waiting for $what; the end of $STATE/log/$daemon.log:"
    elif ((SECONDS - begin >= limit)); then
      say "$what: not within $limit s; the end of $STATE/log/$daemon.log:"
    else
      sleep 0.2
      continue
    fi
    tail -n 20 "$STATE/log/$daemon.log" >&2
    exit 1
  done
  say "$what ($((SECONDS - begin)) s)"
}

state_create() {
  mkdir -p "$STATE"
  touch "$STATE/.osimage-e2e"
  mkdir -p "$STATE"/{log,run,etc/cni,files,registry,registry-auth,kubelet}
  chmod 0711 "$STATE/run"
  if [[ ! -e /var/lib/kubelet ]]; then touch "$STATE/owns-kubelet-folder"; fi
  versions >"$STATE/versions"
}

start_all() {
  network_up
  start_etcd
  start_registries
  start_containerd
  certificates_create
  kubeconfigs_create
  start_apiserver
  images_create "$STATE/run/images.tar"
  say "network, certificates and images made ($((SECONDS - STARTED)) s)"
  wait_for 'containerd answers' 30 containerd containerd_ready
  ctr_k8s images import --local "$STATE/run/images.tar" >/dev/null 2>"$STATE/log/ctr.log" || die "$(cat "$STATE/log/ctr.log")"
  rm -f "$STATE/run/images.tar"
  wait_for 'API server ready' 90 apiserver api_ready
  start_controllers
  start_kubelet
  start_kube_proxy
  wait_for 'node ready' 90 kubelet node_ready
  wait_for 'service account of the default namespace' 60 controller-manager service_account_ready
  wait_for 'registry answers' 20 registry answers "$REGISTRY"
  wait_for 'registry with a password answers' 20 registry-auth answers "$AUTH_REGISTRY"
  wait_for 'file server answers' 20 files answers "$FILES"
  wait_for 'kube-proxy answers' 30 kube-proxy in_netns curl -sf -o /dev/null -m 2 http://127.0.0.1:10256/livez
}

up() {
  local reason
  "$HERE/../setup.sh" >&2
  tools_ensure
  set_daemon_path
  lock
  reason=$(trouble)
  if [[ -z $reason ]]; then
    say 'already up'
    return
  fi
  if [[ $reason != 'not running' ]]; then say "starting anew, because $reason"; fi
  STARTED=$SECONDS
  cleanup
  state_create
  start_all
  touch "$STATE/complete"
  say "up in $((SECONDS - STARTED)) s; export KUBECONFIG=$STATE/kubeconfig"
}

down() {
  lock
  cleanup
  say "down ($SECONDS s)"
}

status() {
  local reason
  reason=$(trouble)
  if [[ -n $reason ]]; then
    echo "not healthy: $reason"
    return 1
  fi
  echo "healthy: Kubernetes ${TOOL_VERSION[kubernetes]} at https://$NODE_ADDRESS:6443, registries $REGISTRY and $AUTH_REGISTRY, files http://$FILES"
}

# ctr prints "unpacking NAME (DIGEST)...done"; its warnings matter only when it fails.
load() {
  local output
  [[ -f $1 ]] || die 'usage: cluster.sh load FILE.tar (an OCI archive)'
  if ! output=$(ctr_k8s images import --local "$1" 2>&1); then die "$output"; fi
  output=$(sed -n 's/^unpacking \([^ ]*\) (.*/\1/p' <<<"$output")
  [[ -n $output ]] || die "no image in $1 has a name (annotation io.containerd.image.name)"
  echo "$output"
}

env_print() {
  printf '%s=%q\n' KUBECONFIG "$STATE/kubeconfig" OSIMAGE_NETNS "$NETNS" \
    OSIMAGE_REGISTRY "$REGISTRY" OSIMAGE_AUTH_REGISTRY "$AUTH_REGISTRY" \
    OSIMAGE_FILES_DIR "$STATE/files" OSIMAGE_FILES_URL "http://$FILES" \
    OSIMAGE_BIN "$OSIMAGE_CACHE/bin" OSIMAGE_STATE "$STATE"
}

case ${1:-} in
  up | down | status) check_settings; "$1" ;;
  load) check_settings; load "${2:-}" ;;
  env) env_print ;;
  *) die 'usage: cluster.sh up|down|status|load FILE.tar|env' ;;
esac
