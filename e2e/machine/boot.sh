#!/usr/bin/env bash
# Boots a machine in QEMU and waits for the report of the initramfs that make-files.sh makes:
#
#   boot.sh --kernel FILE --initramfs FILE --append "CMDLINE" [OPTION...]
#   boot.sh --ipxe-url URL [OPTION...]   a BIOS with iPXE is led to the URL of a script
#   boot.sh --uefi-url URL [OPTION...]   UEFI is given the URL of a program by DHCP. Needs root, and an
#                                        address of this network namespace in the URL: the network
#                                        that is made for the machine leads no further
#
#   --until WORD       what is waited for: cmdline (if nothing else is said), kernel or root
#   --timeout SECONDS  120
#   --log FILE         keeps the serial console
#
# Prints the OSIMAGE-BOOT-OK lines, and nothing else, to stdout. Exits 0 when the line that is waited
# for was seen, 1 when it was not, 2 on wrong usage.
set -euo pipefail
export LC_ALL=C

readonly report='OSIMAGE-BOOT-OK '
readonly failure='OSIMAGE-BOOT-FAILED '

kernel='' initramfs='' append='' ipxe='' uefi='' until=cmdline timeout=120 log=''
folder='' qemu='' dhcp='' machine=()

say() { printf 'boot: %s\n' "$*" >&2; }
usage() {
  say "$*"
  say 'usage: boot.sh --kernel FILE --initramfs FILE --append "CMDLINE" | --ipxe-url URL | --uefi-url URL'
  say '               [--until cmdline|kernel|root] [--timeout SECONDS] [--log FILE]'
  exit 2
}

parse() {
  local appended='' ways=0
  while (($#)); do
    (($# > 1)) || usage "$1: no value"
    case $1 in
      --kernel) kernel=$2 ways=$((ways + 1)) ;;
      --initramfs) initramfs=$2 ;;
      --append) append=$2 appended=yes ;;
      --ipxe-url) ipxe=$2 ways=$((ways + 1)) ;;
      --uefi-url) uefi=$2 ways=$((ways + 1)) ;;
      --until) until=$2 ;;
      --timeout) timeout=$2 ;;
      --log) log=$2 ;;
      *) usage "$1: unknown" ;;
    esac
    shift 2
  done
  [[ $until =~ ^(cmdline|kernel|root)$ ]] || usage "--until $until: unknown"
  [[ $timeout =~ ^[1-9][0-9]{0,5}$ ]] || usage "--timeout $timeout: not a number of seconds"
  ((ways == 1)) || usage 'one of --kernel, --ipxe-url and --uefi-url is needed'
  if [[ -n $ipxe$uefi ]]; then
    [[ -z $initramfs$appended ]] || usage '--initramfs and --append are for --kernel'
    [[ $ipxe$uefi =~ ^http://[^/]+/ ]] || usage "$ipxe$uefi: not an http URL"
  else
    [[ -n $initramfs && -n $appended ]] || usage '--kernel wants --initramfs and --append'
    [[ -f $kernel && -r $kernel ]] || usage "$kernel: not a readable file"
    [[ -f $initramfs && -r $initramfs ]] || usage "$initramfs: not a readable file"
  fi
}

# What follows " -- " goes to init and not to the kernel.
add_parameter() {
  local head=${append%% -- *} tail=''
  if [[ $head != "$append" ]]; then tail=${append#"$head"}; fi
  if [[ " $head" == *[[:space:]]"${1%%=*}="* ]]; then return; fi
  append=${head:+$head }$1$tail
}

# A comma is doubled, as QEMU's option syntax wants it.
quoted() { printf '%s' "${1//,/,,}"; }

# SIGKILL, because there is nothing to save and QEMU remarks on other signals.
cleanup() {
  local process
  for process in $qemu $dhcp; do
    kill -KILL "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  if [[ -n $folder ]]; then rm -rf -- "$folder"; fi
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# An old log must not pass for this boot's, so it is emptied before QEMU opens it.
prepare() {
  folder=$(mktemp -d)
  log=${log:-$folder/console}
  : >"$log"
}

# KVM is never asked for: it may be there and not work. pdeathsig ends QEMU even when this script
# dies by SIGKILL.
start_qemu() {
  setpriv --pdeathsig KILL qemu-system-x86_64 \
    -accel tcg,thread=multi -m 512 -no-user-config -nodefaults -no-reboot \
    -display none -monitor none \
    -chardev "file,id=console,path=$(quoted "$log")" -serial chardev:console \
    "${machine[@]}" </dev/null >&2 &
  qemu=$!
}

start_with_files() {
  add_parameter console=ttyS0
  add_parameter panic=-1
  machine=(-nic none -kernel "$kernel" -initrd "$initramfs" -append "$append")
  start_qemu
}

# QEMU itself is the DHCP and TFTP server, and passes connections on as its own. Its DHCP has only the
# field for names of up to 127 characters, so it names a script that leads on.
start_with_ipxe() {
  mkdir "$folder/tftp"
  printf '#!ipxe\nchain %s\n' "$ipxe" >"$folder/tftp/first.ipxe"
  machine=(-machine graphics=off -boot n
    -netdev "user,id=net,tftp=$(quoted "$folder/tftp"),bootfile=first.ipxe"
    -device virtio-net-pci,netdev=net)
  start_qemu
}

# The interface is QEMU's and goes with it. Its network is of the range for tests of devices
# (RFC 2544), another one for each process.
start_with_uefi() {
  local name=boot$$ network=198.18.$(($$ % 256))
  cp /usr/share/OVMF/OVMF_VARS_4M.fd "$folder/vars.fd"
  # Without the card's own ROM, and without what would be tried for minutes before HTTP.
  machine=(-drive "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd"
    -drive "if=pflash,format=raw,file=$(quoted "$folder/vars.fd")"
    -fw_cfg name=opt/org.tianocore/IPv4PXESupport,string=n
    -fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=n
    -fw_cfg name=opt/org.tianocore/IPv6Support,string=n
    -netdev "tap,id=net,ifname=$name,script=no,downscript=no"
    -device virtio-net-pci,netdev=net,romfile=)
  start_qemu
  until [[ -e /proc/sys/net/ipv4/conf/$name ]]; do
    running || { say 'QEMU could not make its network'; exit 1; }
    sleep 0.1
  done
  ip addr add "$network.1/24" dev "$name"
  ip link set "$name" up
  setpriv --pdeathsig KILL dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root \
    --port=0 --interface="$name" --bind-interfaces --leasefile-ro --pid-file= \
    --log-facility="$folder/dhcp.log" --dhcp-range="$network.10,$network.20" \
    --dhcp-vendorclass=set:http,HTTPClient --dhcp-option-force=tag:http,60,HTTPClient \
    --dhcp-boot="tag:http,$uefi" </dev/null >&2 &
  dhcp=$!
}

# A line without its end is still being written, and read gives it no success.
lines() {
  local line
  tr -d '\000-\011\013-\037\177' <"$log" | while IFS= read -r line; do
    if [[ $line == "$1"* ]]; then printf '%s\n' "$line"; fi
  done
}

reported() { lines "$report$1: " | grep . >/dev/null; }
failed() { lines "$failure" | grep . >/dev/null; }
running() { kill -0 "$qemu" 2>/dev/null; }

# The order matters: QEMU's last output comes before its end is seen.
wait_for() {
  local word=$1 until=$2 alive
  while :; do
    alive=yes
    running || alive=''
    if reported "$word"; then return 0; fi
    if [[ -z $alive ]] || failed || ((SECONDS > until)); then return 1; fi
    sleep 0.1
  done
}

parse "$@"
prepare
SECONDS=0
if [[ -n $ipxe ]]; then
  start_with_ipxe
elif [[ -n $uefi ]]; then
  start_with_uefi
else
  start_with_files
fi

if wait_for "$until" "$timeout"; then
  # It follows at once; other inits may never print it.
  wait_for kernel $((SECONDS + 2)) || true
  lines "$report"
  exit 0
fi
if failed; then
  say 'the machine failed'
elif running; then
  say "no report within $timeout s"
else
  say 'QEMU ended without a report'
fi
say 'the last lines of the console:'
tail -n 15 "$log" | tr -d '\000-\010\013-\037\177' >&2
exit 1
