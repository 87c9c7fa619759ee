# shellcheck shell=bash
# Removes every trace of a cluster, also of one whose programs were killed.

cleanup() {
  local sockets
  mapfile -t sockets < <(shim_sockets)
  kill_all
  unmount_all
  network_down
  cgroups_remove
  shim_sockets_remove ${sockets[@]+"${sockets[@]}"}
  host_files_remove
  state_remove
}

# Ours is: what lives in the namespace; a program of ours whose command line names the state folder;
# a process in a container whose root file system is in the state folder. A shell or an editor
# that merely works in the state folder is none of these.
our_processes() {
  local namespace=none process pid skip=" $$ $BASHPID $PPID " program
  if [[ -e /run/netns/$NETNS ]]; then namespace=$(stat -L -c %i "/run/netns/$NETNS"); fi
  # A process that ends meanwhile makes find and grep fail: that must not end the search.
  {
    { find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/net' -lname "net:\[$namespace\]" -printf '%h\n' 2>/dev/null || true; } |
      sed 's|^/proc/||; s|/.*||'
    { grep -lsE "^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ / .*=$STATE/" /proc/[0-9]*/mountinfo || true; } | tr -dc '0-9\n'
    for process in $(grep -lsF "$STATE/" /proc/[0-9]*/cmdline || true); do
      pid=${process//[!0-9]/}
      program=$(readlink "/proc/$pid/exe") || continue
      case ${program% (deleted)} in
        "$OSIMAGE_CACHE"/tools/* | */busybox | */docker-registry | */runc) echo "$pid" ;;
      esac
    done
  } | sort -un | while read -r pid; do
    [[ $skip = *" $pid "* ]] || echo "$pid"
  done
}

kill_all() {
  local pids deadline=$((SECONDS + 20))
  while mapfile -t pids < <(our_processes) && ((${#pids[@]})); do
    if ((SECONDS > deadline)); then
      echo "cluster: these processes do not end: ${pids[*]}" >&2
      return 1
    fi
    kill -KILL "${pids[@]}" 2>/dev/null || true
    sleep 0.1
  done
}

# Shims put their sockets in a folder that the whole machine shares; each one's name is in its bundle.
shim_sockets() {
  local bundles=$STATE/run/containerd/io.containerd.runtime.v2.task/k8s.io
  [[ -d $bundles ]] || return 0
  grep -hosE '/run/containerd/s/[0-9a-f]{64}' "$bundles"/*/bootstrap.json "$bundles"/*/address | sort -u
}

shim_sockets_remove() {
  if (($#)); then rm -f "$@"; fi
  remove_empty /run/containerd/s /run/containerd
}

unmount_all() {
  local targets deadline=$((SECONDS + 20))
  # The newest mount first; a mount on a mount needs another round.
  while mapfile -t targets < <(awk -v below="$STATE/" 'index($5, below) == 1 {print $5}' /proc/self/mountinfo | tac) &&
    ((${#targets[@]})); do
    if ((SECONDS > deadline)); then
      echo "cluster: these mounts do not end: ${targets[*]}" >&2
      return 1
    fi
    umount -l "${targets[@]}" 2>/dev/null || sleep 0.2
  done
}

# A cgroup that still holds a process cannot be removed: another cluster's pods are safe.
cgroups_remove() {
  local root
  for root in /sys/fs/cgroup/kubepods /sys/fs/cgroup/*/kubepods; do
    if [[ -d $root ]]; then find "$root" -depth -type d -exec rmdir {} \; 2>/dev/null || true; fi
  done
}

# Kubelet and the CNI library have folders that no setting moves.
host_files_remove() {
  find /var/log/containers -maxdepth 1 -lname "$STATE/*" -delete 2>/dev/null || true
  { grep -lsF "$STATE/" /var/lib/cni/results/* || true; } | xargs -r rm -f
  if [[ -e $STATE/owns-kubelet-folder ]]; then
    rm -f /var/lib/kubelet/device-plugins/{kubelet.sock,kubelet_internal_checkpoint,DEPRECATION}
  fi
  remove_empty /var/log/containers /var/lib/cni/results /var/lib/cni \
    /var/lib/kubelet/device-plugins /var/lib/kubelet/plugins_registry /var/lib/kubelet
}

remove_empty() {
  local folder
  for folder; do
    if [[ -d $folder ]]; then rmdir "$folder" 2>/dev/null || true; fi
  done
}

state_remove() {
  [[ -e $STATE ]] || return 0
  if [[ ! -e $STATE/.osimage-e2e && -n $(ls -A "$STATE") ]]; then
    echo "cluster: $STATE exists and was not made by this script: it stays" >&2
    return 1
  fi
  rm -rf --one-file-system "$STATE"
}
