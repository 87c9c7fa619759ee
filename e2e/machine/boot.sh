#!/usr/bin/env bash
# Boots a kernel and an initramfs in QEMU and waits for the report of the initramfs that
# make-files.sh makes:
#
#   boot.sh --kernel FILE --initramfs FILE --append "CMDLINE" [--timeout SECONDS] [--log FILE]
#
# Prints the OSIMAGE-BOOT-OK lines, and nothing else, to stdout. Exits 0 when the line with the
# command line was seen, 1 when it was not, 2 on wrong usage. --log keeps the serial console.
set -euo pipefail
export LC_ALL=C

readonly seen='OSIMAGE-BOOT-OK cmdline: '
readonly last='OSIMAGE-BOOT-OK kernel: '

kernel='' initramfs='' append='' timeout=120 log='' own_log='' qemu=''

say() { printf 'boot: %s\n' "$*" >&2; }
usage() {
  say "$*"
  say 'usage: boot.sh --kernel FILE --initramfs FILE --append "CMDLINE" [--timeout SECONDS] [--log FILE]'
  exit 2
}

parse() {
  local appended=''
  while (($#)); do
    (($# > 1)) || usage "$1: no value"
    case $1 in
      --kernel) kernel=$2 ;;
      --initramfs) initramfs=$2 ;;
      --append) append=$2 appended=yes ;;
      --timeout) timeout=$2 ;;
      --log) log=$2 ;;
      *) usage "$1: unknown" ;;
    esac
    shift 2
  done
  [[ -n $kernel && -n $initramfs && -n $appended ]] || usage '--kernel, --initramfs and --append are needed'
  [[ -f $kernel && -r $kernel ]] || usage "$kernel: not a readable file"
  [[ -f $initramfs && -r $initramfs ]] || usage "$initramfs: not a readable file"
  [[ $timeout =~ ^[1-9][0-9]{0,5}$ ]] || usage "--timeout $timeout: not a number of seconds"
}

# What follows " -- " goes to init and not to the kernel.
add_parameter() {
  local head=${append%% -- *} tail=''
  if [[ $head != "$append" ]]; then tail=${append#"$head"}; fi
  if [[ " $head" == *[[:space:]]"${1%%=*}="* ]]; then return; fi
  append=${head:+$head }$1$tail
}

# SIGKILL, because there is nothing to save and QEMU remarks on other signals.
stop_qemu() {
  [[ -n $qemu ]] || return 0
  kill -KILL "$qemu" 2>/dev/null || true
  wait "$qemu" 2>/dev/null || true
  qemu=''
}

cleanup() {
  stop_qemu
  if [[ -n $own_log ]]; then rm -f -- "$own_log"; fi
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# An old log must not pass for this boot's, so it is emptied before QEMU opens it.
prepare_log() {
  if [[ -z $log ]]; then
    own_log=$(mktemp)
    log=$own_log
  fi
  : >"$log"
}

# KVM is never asked for: it may be there and not work. pdeathsig ends QEMU even when this script
# dies by SIGKILL. A comma in a file name is doubled, as QEMU's option syntax wants it.
start_qemu() {
  setpriv --pdeathsig KILL qemu-system-x86_64 \
    -accel tcg,thread=multi -m 512 -no-user-config -nodefaults -no-reboot \
    -display none -monitor none -nic none \
    -chardev "file,id=console,path=${log//,/,,}" -serial chardev:console \
    -kernel "$kernel" -initrd "$initramfs" -append "$append" </dev/null >&2 &
  qemu=$!
}

# A line without its end is still being written, and read gives it no success.
report_lines() {
  local line
  tr -d '\000-\011\013-\037\177' <"$log" | while IFS= read -r line; do
    if [[ $line == OSIMAGE-BOOT-OK\ * ]]; then printf '%s\n' "$line"; fi
  done
}

reported() { report_lines | grep "^$1" >/dev/null; }
running() { kill -0 "$qemu" 2>/dev/null; }

# The order matters: QEMU's last output comes before its end is seen.
wait_for() {
  local line=$1 until=$2 alive
  while :; do
    alive=yes
    running || alive=''
    if reported "$line"; then return 0; fi
    if [[ -z $alive ]] || ((SECONDS > until)); then return 1; fi
    sleep 0.1
  done
}

parse "$@"
add_parameter console=ttyS0
add_parameter panic=-1
prepare_log
SECONDS=0
start_qemu

if wait_for "$seen" "$timeout"; then
  # The second line follows at once; other inits may never print it.
  wait_for "$last" $((SECONDS + 2)) || true
  report_lines
  exit 0
fi
if running; then say "no report within $timeout s"; else say 'QEMU ended without a report'; fi
say 'the last lines of the console:'
tail -n 15 "$log" | tr -d '\000-\010\013-\037\177' >&2
exit 1
