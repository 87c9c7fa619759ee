#!/usr/bin/env bash
# base.sh LOCK DIR: the lowest layer, out of the Debian packages that LOCK names. Needs neither root nor a daemon.
# With OSIMAGE_LOCKED=1 a package that is no longer offered in the locked version is an error.
set -euo pipefail
export LC_ALL=C
umask 022

lock=$(realpath "$1")
root=$2
arch=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() { echo "base.sh: $*" >&2; exit 1; }

# A private state, so that the packages and sources of the building machine neither matter nor change.
apt() {
  apt-get -qq -c "$work/apt.conf" \
    -o Dir::State="$work/state" -o Dir::State::status="$work/state/status" -o Dir::Cache="$work/cache" \
    -o Dir::Etc::sourcelist="$sources" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

find_sources() {
  local candidate
  for candidate in "${OSIMAGE_APT_SOURCES:-}" /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    if [[ -n $candidate && -s $candidate ]]; then
      sources=$(realpath "$candidate")
      return
    fi
  done
  die "no package sources of Debian found; name a sources file in OSIMAGE_APT_SOURCES"
}

download() {
  local name version sum deb got
  mkdir -p "$work"/{state/lists/partial,cache/archives/partial,debs}
  touch "$work/state/status"
  # Hooks of the building machine would clean its own package cache.
  printf '#clear APT::Update::Post-Invoke%s;\n' '' -Success >"$work/apt.conf"
  apt update
  while read -r name version sum; do
    mkdir "$work/debs/$name"
    cd "$work/debs/$name"
    if apt download "$name=$version" 2>"$work/err"; then
      deb=$(echo *.deb)
      got=$(sha256sum <"$deb" | cut -d' ' -f1)
      [[ $got == "$sum" ]] || die "$name $version: SHA-256 is $got, locked is $sum"
    else
      newer "$name" "$version"
    fi
  done <"$lock"
}

# Mirrors drop a superseded version. The signed index still vouches for its successor.
newer() {
  local name=$1 version=$2 deb
  [[ ${OSIMAGE_LOCKED:-} != 1 ]] || die "$name $version is not offered: $(cat "$work/err")"
  apt download "$name" || die "$name is not offered in any version"
  deb=$(echo *.deb)
  echo "$name $(dpkg-deb -f "$deb" Version) $(sha256sum <"$deb" | cut -d' ' -f1)" >>"$work/unlocked"
}

unpack() {
  local link deb
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
  for link in bin sbin lib lib64; do ln -s "usr/$link" "$root/$link"; done
  mkdir -p "$root/var/lib/dpkg/status.d"
  for deb in "$work"/debs/*/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink --no-same-owner -C "$root"
    # Where vulnerability scanners look for the packages of images without a dpkg database.
    dpkg-deb -f "$deb" >"$root/var/lib/dpkg/status.d/$(dpkg-deb -f "$deb" Package)"
  done
}

trim() {
  cd "$root"
  find usr/share/doc -mindepth 2 ! -name copyright ! -type d -delete
  find usr/lib -depth \( -name gconv -o -name audit \) -exec rm -rf {} +
  find usr/lib/locale -mindepth 1 -maxdepth 1 ! -name C.utf8 -exec rm -rf {} +
  rm -rf usr/bin/* usr/sbin/* usr/share/{base-files,bug,debconf,dict,info,lintian,locale,man} usr/lib/*/libmvec.so.1 \
    etc/{ca-certificates,default,dpkg,ld.so.conf.d,profile.d,skel,update-motd.d} etc/{bindresvport.blacklist,issue*} \
    var/{backups,cache,local,lock,log,mail,opt,run,spool,tmp} usr/{games,include,local,src} boot media mnt opt srv
  find . -depth -type d -empty ! -path ./tmp ! -path './usr/*bin' -path './usr/*' -delete
}

configure() {
  cd "$root"
  mkdir -p etc/ssl/certs dev proc sys tmp run
  find usr/share/ca-certificates -name '*.crt' | sort | xargs cat >etc/ssl/certs/ca-certificates.crt
  printf '%s\n' root:x:0:0:root:/root:/sbin/nologin osimage:x:65532:65532:osimage:/:/sbin/nologin >etc/passwd
  printf '%s\n' root:x:0: osimage:x:65532: >etc/group
  echo 'hosts: files dns' >etc/nsswitch.conf
  rm -r usr/share/ca-certificates
  chmod -R u+rwX,go=rX .
  chmod 1777 tmp
}

mkdir -p "$root"
root=$(realpath "$root")
find_sources
download
(unpack)
(trim)
(configure)
[[ ! -f $work/unlocked ]] || cp "$work/unlocked" "$root.unlocked"
