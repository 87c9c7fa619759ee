#!/usr/bin/env bash
# Makes the three real files that the end-to-end tests pack and boot:
#
#   make-files.sh OUTDIR
#
#   vmlinuz            Debian's amd64 cloud kernel
#   initramfs.cpio.gz  busybox and an init that reports and powers off
#   rootfs.squashfs    a Debian minbase
#
# They are kept in ${OSIMAGE_CACHE:-${XDG_CACHE_HOME:-~/.cache}/osimage-operator}/machine, one
# folder per key of inputs; delete that folder to get newer packages. OUTDIR gets hard links where
# it can: do not write into these files, replace them.
# Prints "NAME SIZE SHA256" per file. A cold call needs root, a Debian host with package lists
# (apt-get update) and the packages apt, mmdebstrap, squashfs-tools, cpio and busybox-static.
set -euo pipefail
umask 022
export LC_ALL=C

readonly suite=bookworm
readonly kernel_package=linux-image-cloud-amd64
cache=$(realpath -m -- "${OSIMAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/osimage-operator}/machine")
readonly cache
# Any fixed time will do; Debian's tools clamp to it.
readonly epoch=1686355200

work='' child='' pending=''

say() { printf 'make-files: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The children of a killed namespace go a moment after it, so one rm may meet their last writes.
remove() {
  for _ in {1..10}; do
    rm -rf -- "$@" 2>/dev/null && return
    sleep 0.2
  done
  say "could not remove $*"
}

cleanup() {
  if [[ -n $child ]]; then kill -KILL "$child" 2>/dev/null || true; fi
  if [[ -n $pending ]]; then rm -f -- "$pending"; fi
  if [[ -n $work ]]; then remove "$work"; fi
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# bash runs traps only between foreground commands, so long commands run behind `wait`;
# pdeathsig takes them along when this script dies by SIGKILL.
run() {
  local status=0
  setpriv --pdeathsig KILL "$@" <&0 &
  child=$!
  wait "$child" || status=$?
  child=''
  return "$status"
}

# Mounts made below live in a namespace, and the namespace ends with its first process: whichever
# way the script is killed, the host has none of them.
run_isolated() { run unshare --mount --pid --fork --kill-child --mount-proc "$@"; }

key() { sha256sum | cut -c1-16; }

# ---- vmlinuz ------------------------------------------------------------------------------------

# Asking apt for the current package takes longer than a whole warm call may, so the name is no
# part of the key.
kernel_key() { { echo "$suite $kernel_package"; declare -f make_kernel; } | key; }

make_kernel() {
  local package
  package=$(apt-cache depends --important "$kernel_package" |
    sed -n 's/^ *Depends: \(linux-image-[^ ]*-cloud-amd64\)$/\1/p' | head -n1)
  [[ -n $package ]] || die "apt knows no $kernel_package; run apt-get update"
  say "vmlinuz: downloading $package"
  mkdir "$work/kernel"
  (cd "$work/kernel" && apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 download "$package") >&2
  dpkg-deb --fsys-tarfile "$work"/kernel/*.deb | tar -x -C "$work/kernel" --wildcards './boot/vmlinuz-*'
  mv "$work"/kernel/boot/vmlinuz-* "$1"
}

# ---- initramfs.cpio.gz --------------------------------------------------------------------------

busybox=$(command -v busybox || true)

initramfs_key() { { sha256sum <"${busybox:-/dev/null}"; init_script; declare -f make_initramfs; } | key; }

# Console messages are turned off first, so that no kernel message cuts a report line in two;
# stty waits until the serial port has sent everything, which poweroff does not.
init_script() {
  cat <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox dmesg -n 1
/bin/busybox printf 'OSIMAGE-BOOT-OK cmdline: %s\n' "$(/bin/busybox cat /proc/cmdline)"
/bin/busybox printf 'OSIMAGE-BOOT-OK kernel: %s\n' "$(/bin/busybox uname -r)"
/bin/busybox stty -echo || /bin/busybox sleep 1
/bin/busybox poweroff -f
INIT
}

make_initramfs() {
  local root=$work/initramfs
  [[ -n $busybox ]] || die 'busybox is missing; install busybox-static'
  if ldd "$busybox" 2>/dev/null | grep -q '=>'; then die "$busybox is not static; install busybox-static"; fi
  mkdir -p "$root"/{bin,dev,proc}
  cp "$busybox" "$root/bin/busybox"
  init_script >"$root/init"
  chmod 0755 "$root/init" "$root/bin/busybox"
  find "$root" -exec touch -h -d @0 {} +
  (cd "$root" && find . -print0 | sort -z |
    cpio --null --create --format=newc --reproducible --owner=+0:+0 --quiet) | gzip -n -9 >"$1"
}

# ---- rootfs.squashfs ----------------------------------------------------------------------------

rootfs_key() { { echo "$suite $epoch"; declare -f apt_sources apt_settings make_rootfs; } | key; }

# The mirrors this host uses for the suite. Empty on a host that has none: mmdebstrap then takes
# its own default.
apt_sources() {
  apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk -v suite="$suite" '$1 == "Debian" && $3 == "main" &&
      ($2 == suite || $2 == suite "-updates" || $2 == suite "-security") { print "deb", $4, $5, $3 }' | sort -u
}

apt_settings() {
  echo 'Acquire::Retries "3";'
  apt-config dump | grep -E '^Acquire::https?::.*"[^"]+";$' || true
}

make_rootfs() {
  local tar=$work/rootfs.tar log=$work/rootfs.log started=$SECONDS sources=() options=() keys
  [[ $EUID == 0 ]] || die 'rootfs.squashfs: needs root'
  say "rootfs.squashfs: making a Debian $suite minbase, takes a minute or two"
  mkdir "$work/tmp"
  apt_settings >"$work/apt.conf"
  apt_sources >"$work/sources.list"
  if [[ -s $work/sources.list ]]; then sources=(-); fi
  for keys in /etc/apt/trusted.gpg.d /usr/share/keyrings/debian-archive-keyring.gpg; do
    if [[ -e $keys ]]; then options+=("--keyring=$keys"); fi
  done
  # The hook takes out what differs from host to host.
  TMPDIR=$work/tmp SOURCE_DATE_EPOCH=$epoch run_isolated mmdebstrap \
    --mode=root --variant=minbase --architectures=amd64 --format=tar "${options[@]}" \
    --aptopt="$work/apt.conf" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='cd "$1" && rm -f etc/resolv.conf etc/apt/sources.list etc/apt/sources.list.d/* etc/apt/apt.conf.d/99mmdebstrap && echo osimage >etc/hostname' \
    "$suite" "$tar" "${sources[@]}" <"$work/sources.list" >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; die 'rootfs.squashfs: mmdebstrap failed'; }
  SOURCE_DATE_EPOCH=$epoch run mksquashfs - "$1" -tar -root-mode 0755 -comp zstd -no-progress -quiet -noappend \
    <"$tar" >"$log" 2>&1 || { tail -n 20 "$log" >&2; die 'rootfs.squashfs: mksquashfs failed'; }
  say "rootfs.squashfs: took $((SECONDS - started)) s"
}

# ---- cache --------------------------------------------------------------------------------------

# The sum is checked each time because OUTDIR shares the file with whoever wrote into it.
sum_if_cached() {
  local sum
  [[ -s $1 && -s $1.sha256 ]] || return 1
  sum=$(sha256sum <"$1")
  [[ ${sum%% *} == "$(<"$1.sha256")" ]] || return 1
  printf '%s' "${sum%% *}"
}

# One builder at a time; what an earlier one left when it was killed is nobody's.
take_lock() {
  mkdir -p "$cache"
  exec {lock}>"$cache/.lock"
  flock -n "$lock" || { say "waiting for another make-files"; flock "$lock"; }
  remove "$cache"/.work.*
  work=$(mktemp -d "$cache/.work.XXXXXX")
}

# The sum moves into place last: a file without its sum does not count as made.
build() {
  local file=$1 builder=$2 new
  if [[ -z $work ]]; then take_lock; fi
  if sum_if_cached "$file" >/dev/null; then return; fi
  new=$work/${file##*/}.new
  "$builder" "$new"
  chmod 0444 "$new"
  mkdir -p "${file%/*}"
  rm -f "$file.sha256"
  mv -f "$new" "$file"
  sha256sum <"$file" | cut -d' ' -f1 >"$work/sum"
  mv -f "$work/sum" "$file.sha256"
}

publish() {
  local file=$1 target=$2
  if [[ $file -ef $target ]]; then return; fi
  pending=${target%/*}/.${target##*/}.$$
  ln -f "$file" "$pending" 2>/dev/null || cp --reflink=auto "$file" "$pending"
  mv -f "$pending" "$target"
  pending=''
}

provide() {
  local name=$1 builder=$2 file=$cache/$3/$1 sum
  if ! sum=$(sum_if_cached "$file"); then
    build "$file" "$builder"
    sum=$(<"$file.sha256")
  fi
  publish "$file" "$out/$name"
  printf '%s %s %s\n' "$name" "$(stat -c %s "$file")" "$sum"
}

[[ $# == 1 && -n $1 && $1 != -* ]] || { say 'usage: make-files.sh OUTDIR'; exit 2; }
mkdir -p -- "$1"
out=$(cd -- "$1" && pwd)

provide vmlinuz make_kernel "$(kernel_key)"
provide initramfs.cpio.gz make_initramfs "$(initramfs_key)"
provide rootfs.squashfs make_rootfs "$(rootfs_key)"
