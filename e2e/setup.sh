#!/usr/bin/env bash
# Installs the Debian packages that the end-to-end cluster and tests call; does nothing when all are there.
# Usage: setup.sh [peers]; with "peers" also what only the proofs against real registries want.
set -euo pipefail

PACKAGES=(
  runc containernetworking-plugins iptables nftables conntrack socat busybox-static iproute2
  docker-registry apache2-utils skopeo
  qemu-system-x86 ipxe-qemu ovmf dnsmasq-base mmdebstrap squashfs-tools cpio binutils
  jq curl openssl xz-utils zstd kmod procps util-linux
)
PEER_PACKAGES=(nginx-light time wrk)
SERVICES=(docker-registry nginx)
POLICY=/usr/sbin/policy-rc.d
# By it a killed run's policy is known, and replaced.
POLICY_MARK='# by osimage-operator e2e/setup.sh'

missing_packages() {
  local -A installed=()
  local status name
  while read -r status name; do
    if [[ $status = ii ]]; then installed[$name]=1; fi
  done < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${PACKAGES[@]}" 2>/dev/null)
  for name in "${PACKAGES[@]}"; do
    if [[ -z ${installed[$name]:-} ]]; then echo "$name"; fi
  done
}

# Debian starts a service when its package is installed; a registry on the host's own port 5000
# is not wanted. Where a policy exists already, the machine's owner has decided.
forbid_service_starts() {
  if [[ -e $POLICY ]] && ! grep -q "$POLICY_MARK" "$POLICY"; then return; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" >"$POLICY"
  chmod 0755 "$POLICY"
  trap 'rm -f "$POLICY"' EXIT
  trap 'exit 130' INT TERM HUP
}

install_packages() {
  local log
  log=$(mktemp)
  if ! { apt-get update -q &&
    apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "setup: the packages could not be installed" >&2
    return 1
  fi
  rm -f "$log"
}

main() {
  local missing service
  if [[ ${1:-} = peers ]]; then PACKAGES+=("${PEER_PACKAGES[@]}"); fi
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    echo "setup: run as root, these packages are missing: ${missing[*]}" >&2
    return 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  forbid_service_starts
  install_packages "${missing[@]}" </dev/null
  # The guard above ends with this script, and at the next boot systemd would start them after all.
  if [[ -d /run/systemd/system ]]; then
    for service in "${SERVICES[@]}"; do
      if [[ " ${missing[*]} " = *" $service"[\ -]* ]]; then systemctl disable --now --quiet "$service"; fi
    done
  fi
  echo "setup: installed ${#missing[@]} packages in $SECONDS s (${missing[*]})"
}

main "$@"
