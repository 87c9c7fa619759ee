#!/usr/bin/env bash
# Makes the real files that the end-to-end tests pack and boot:
#
#   make-files.sh OUTDIR
#
#   vmlinuz            Debian's amd64 cloud kernel
#   initramfs.cpio.gz  busybox, modules, and an init that reports and powers off; with the argument
#                      osimage.squashfs=URL it fetches and mounts that, and reports its os-release
#   uki.efi            both as a unified kernel image, with the argument osimage.machine=uki
#   rootfs.squashfs    a Debian minbase
#
# They are kept in ${OSIMAGE_CACHE:-${XDG_CACHE_HOME:-~/.cache}/osimage-operator}/machine, one
# folder per key of inputs; delete that folder to get newer packages. OUTDIR gets hard links where
# it can: do not write into these files, replace them.
# Prints "NAME SIZE SHA256" per file. A cold call needs root, a Debian host with package lists
# (apt-get update) and the packages apt, mmdebstrap, squashfs-tools, cpio, busybox-static,
# binutils and kmod.
set -euo pipefail
umask 022
export LC_ALL=C

readonly suite=bookworm
readonly kernel_package=linux-image-cloud-amd64
readonly stub_package=systemd-boot-efi
# For a network card and a squashfs.
readonly modules=(virtio_pci virtio_net loop squashfs)
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

# ---- kernel.tar: vmlinuz and modules of one package ------------------------------------------------

# Asking apt for the current package takes longer than a whole warm call may, so the name is no
# part of the key.
kernel_key() { { echo "$suite $kernel_package ${modules[*]}"; declare -f make_kernel download; } | key; }

# download PACKAGE FOLDER: unpacked, but not installed; installing may bring more along.
download() {
  say "downloading $1"
  mkdir "$2"
  (cd "$2" && apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 download "$1") >&2
  dpkg-deb -x "$2"/*.deb "$2"
}

# Which modules need which, and therefore their order, differs from kernel to kernel.
make_kernel() {
  local package version folder=$work/kernel module file
  package=$(apt-cache depends --important "$kernel_package" |
    sed -n 's/^ *Depends: \(linux-image-[^ ]*-cloud-amd64\)$/\1/p' | head -n1)
  [[ -n $package ]] || die "apt knows no $kernel_package; run apt-get update"
  download "$package" "$folder"
  mkdir -p "$folder/out/modules"
  cp "$folder"/boot/vmlinuz-* "$folder/out/vmlinuz"
  version=${package#linux-image-}
  depmod -b "$folder" "$version"
  for module in "${modules[@]}"; do
    modprobe -d "$folder" -S "$version" --show-depends "$module"
  done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' >"$folder/needed"
  while read -r file; do
    cp "$file" "$folder/out/modules"
    echo "${file##*/}"
  done <"$folder/needed" >"$folder/out/modules/order"
  tar -c --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$folder/out" -f "$1" vmlinuz modules
}

# ---- vmlinuz ------------------------------------------------------------------------------------

vmlinuz_key() { { echo "$kernel_sum"; declare -f make_vmlinuz; } | key; }

make_vmlinuz() { tar -x -O -f "$kernel" vmlinuz >"$1"; }

# ---- initramfs.cpio.gz --------------------------------------------------------------------------

busybox=$(command -v busybox || true)

initramfs_key() {
  { echo "$kernel_sum"; sha256sum <"${busybox:-/dev/null}"; init_script; lease_script; declare -f make_initramfs; } | key
}

# Console messages are turned off first, so that no kernel message cuts a report line in two;
# stty waits until the serial port has sent everything, which poweroff does not.
init_script() {
  cat <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
dmesg -n 1
say() { printf 'OSIMAGE-BOOT-OK %s: %s\n' "$1" "$2"; }
mount_root() {
  mount -t devtmpfs dev /dev || return 1
  for module in $(cat /modules/order); do insmod "/modules/$module" || return 1; done
  ip link set eth0 up && udhcpc -i eth0 -n -q -s /lease || return 1
  wget -O /squashfs "$1" && mount -t squashfs -o ro,loop /squashfs /root
}
say cmdline "$(cat /proc/cmdline)"
say kernel "$(uname -r)"
for argument in $(cat /proc/cmdline); do
  case $argument in
    osimage.squashfs=*)
      if mount_root "${argument#*=}"; then
        say root "$(tr '\n' ' ' </root/etc/os-release)"
      else
        echo "OSIMAGE-BOOT-FAILED $argument"
      fi
      ;;
  esac
done
stty -echo || sleep 1
poweroff -f
INIT
}

lease_script() {
  cat <<'LEASE'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/$mask" dev "$interface"
[ -z "$router" ] || ip route add default via "${router%% *}"
LEASE
}

make_initramfs() {
  local root=$work/initramfs
  [[ -n $busybox ]] || die 'busybox is missing; install busybox-static'
  if ldd "$busybox" 2>/dev/null | grep -q '=>'; then die "$busybox is not static; install busybox-static"; fi
  mkdir -p "$root"/{bin,dev,proc,root}
  cp "$busybox" "$root/bin/busybox"
  tar -x -C "$root" -f "$kernel" modules
  init_script >"$root/init"
  lease_script >"$root/lease"
  chmod 0755 "$root"/{init,lease,bin/busybox}
  find "$root" -exec touch -h -d @0 {} +
  (cd "$root" && find . -print0 | sort -z |
    cpio --null --create --format=newc --reproducible --owner=+0:+0 --quiet) | gzip -n -9 >"$1"
}

# ---- uki.efi ------------------------------------------------------------------------------------

uki_key() { { echo "$suite $stub_package $vmlinuz_sum $initramfs_sum"; declare -f make_uki download; } | key; }

# Each section is placed behind the last one, where the stub's alignment allows it.
make_uki() {
  local folder=$work/stub stub alignment end name file arguments=()
  command -v objcopy >/dev/null || die 'objcopy is missing; install binutils'
  download "$stub_package" "$folder"
  stub=$folder/usr/lib/systemd/boot/efi/linuxx64.efi.stub
  printf 'ID=osimage\nPRETTY_NAME="osimage-operator e2e"\n' >"$folder/osrel"
  printf 'console=ttyS0 panic=-1 osimage.machine=uki' >"$folder/cmdline"
  alignment=$((16#$(objdump -p "$stub" | sed -n 's/^SectionAlignment[[:space:]]*//p')))
  end=$(objdump -h "$stub" | while read -r number _ size address _; do
    if [[ $number =~ ^[0-9]+$ ]]; then echo $((16#$address + 16#$size)); fi
  done | sort -n | tail -n1)
  for file in "osrel $folder/osrel" "cmdline $folder/cmdline" "initrd $initramfs" "linux $vmlinuz"; do
    name=${file%% *} file=${file#* }
    end=$(((end + alignment - 1) / alignment * alignment))
    arguments+=(--add-section ".$name=$file" --change-section-vma ".$name=$(printf '0x%x' "$end")")
    end=$((end + $(stat -c %s "$file")))
  done
  objcopy "${arguments[@]}" "$stub" "$1"
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

# obtain NAME FILE BUILDER KEY: sets NAME to the file in the cache, and NAME_sum.
obtain() {
  local name=$1 file=$cache/$4/$2 sum
  if ! sum=$(sum_if_cached "$file"); then
    build "$file" "$3"
    sum=$(<"$file.sha256")
  fi
  printf -v "$name" %s "$file"
  printf -v "${name}_sum" %s "$sum"
}

provide() {
  local file=$1 sum=$2 name=${1##*/}
  publish "$file" "$out/$name"
  printf '%s %s %s\n' "$name" "$(stat -c %s "$file")" "$sum"
}

[[ $# == 1 && -n $1 && $1 != -* ]] || { say 'usage: make-files.sh OUTDIR'; exit 2; }
mkdir -p -- "$1"
out=$(cd -- "$1" && pwd)

kernel='' kernel_sum='' vmlinuz='' vmlinuz_sum='' initramfs='' initramfs_sum='' uki='' uki_sum='' rootfs='' rootfs_sum=''
obtain kernel kernel.tar make_kernel "$(kernel_key)"
obtain vmlinuz vmlinuz make_vmlinuz "$(vmlinuz_key)"
obtain initramfs initramfs.cpio.gz make_initramfs "$(initramfs_key)"
obtain uki uki.efi make_uki "$(uki_key)"
obtain rootfs rootfs.squashfs make_rootfs "$(rootfs_key)"

provide "$vmlinuz" "$vmlinuz_sum"
provide "$initramfs" "$initramfs_sum"
provide "$uki" "$uki_sum"
provide "$rootfs" "$rootfs_sum"
