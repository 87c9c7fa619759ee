#!/usr/bin/env bash
# image.sh OUTPUT.tar         makes the container image, an OCI archive, of the jars in target/lib
# image.sh --record-classes   runs the programs and writes down which classes their start needs
#
# Environment: IMAGE_NAME         name of the image in the archive
#              SOURCE_DATE_EPOCH  time stamp of everything inside
#              OSIMAGE_JDK        JDK to link the runtime from
#              OSIMAGE_CACHE      folder for what later builds can use again
#              OSIMAGE_LOCKED=1   insist on the Debian packages of the lock file (for releases)
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS CLASSPATH

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lib=$here/target/lib
name=${IMAGE_NAME:-osimage.dev/osimage-operator:dev}
epoch=${SOURCE_DATE_EPOCH:-1767225600}
cache=${OSIMAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/osimage-operator}/image
arch=$(dpkg --print-architecture)
lock=$here/debian-$arch.lock
mkdir -p "$here/target"
rm -rf "$here"/target/work.*
work=$(mktemp -d "$here/target/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

die() { echo "image.sh: $*" >&2; exit 1; }

# step WHAT COMMAND...: one line with the seconds that it took
step() {
  local what=$1 start=$EPOCHREALTIME
  shift
  "$@"
  awk -v what="$what" -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "image: %-28s %5.1f s\n", what, b - a }'
}

find_jdk() {
  local candidate
  for candidate in "${OSIMAGE_JDK:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    if [[ -n $candidate && -x $candidate/bin/jlink ]] && grep -q '^JAVA_VERSION="25' "$candidate/release"; then
      jdk=$candidate
      return
    fi
  done
  die "no JDK 25 found; name one in OSIMAGE_JDK"
}

key() { cat "$@" | sha256sum | cut -c1-32; }

# cached DIR COMMAND...: COMMAND makes the folder that is its last argument, unless an earlier build left it
cached() {
  local dir=$1
  shift
  [[ ! -d $dir ]] || return 0
  mkdir -p "$(dirname "$dir")"
  local fresh
  fresh=$(mktemp -d "$dir.XXXXXX")
  "$@" "$fresh/root" || { rm -rf "$fresh"; return 1; }
  # Whoever comes second leaves the first one's result alone.
  mv -T "$fresh" "$dir" 2>/dev/null || rm -rf "$fresh"
}

make_base() {
  local dir=$cache/$(key "$here/base.sh" "$lock")
  # Not kept under the lock's name for ever: the next build looks again whether the locked versions are back.
  find "$dir" -maxdepth 1 -name root.unlocked -mmin +1440 -exec rm -rf "$dir" \; 2>/dev/null || true
  [[ -z ${OSIMAGE_LOCKED:-} || ! -f $dir/root.unlocked ]] || rm -rf "$dir"
  cached "$dir" "$here/base.sh" "$lock"
  base=$dir/root
  if [[ -f $dir/root.unlocked ]]; then
    echo "image: NOT THE LOCKED PACKAGES: the mirror has newer ones. New lines for $(basename "$lock"):" >&2
    cat "$dir/root.unlocked" >&2
  fi
}

make_runtime() {
  local certificates=$base/etc/ssl/certs/ca-certificates.crt
  local dir
  dir=$cache/$(key "$here/runtime.sh" "$here/TrustStore.java" "$certificates" "$jdk/release")
  cached "$dir" "$here/runtime.sh" "$jdk" "$certificates"
  runtime=$dir/root
}

# The application in $work/{libraries,application}, and all of it but the base together in $work/root.
make_application() {
  local jars=("$lib"/*.jar) ours=("$lib"/osimage-*.jar) jar
  [[ -f ${ours[0]} ]] || die "no jars in $lib; run: mvn -DskipTests package"
  mkdir -p "$work"/{libraries,application,archive}/app "$work"/{libraries,application}/app/lib
  mkdir "$work/libraries/app/native"
  for jar in "${jars[@]}"; do
    case $(basename "$jar") in
      osimage-*) ;;
      zstd-jni-*)
        "$jdk/bin/java" -Xshare:auto -XX:TieredStopAtLevel=1 "$here/NativeCode.java" "$epoch" "$jar" \
          "$work/libraries/app/lib/$(basename "$jar")" "$(uname -m | sed s/x86_64/amd64/)" "$work/libraries/app/native" ;;
      *) install -m 644 "$jar" "$work/libraries/app/lib/" ;;
    esac
  done
  "$jdk/bin/java" -Xshare:auto -XX:TieredStopAtLevel=1 "$here/ApplicationJar.java" "$epoch" "$work/application/app/lib" "${ours[@]}"
  install -m 644 "$here/logback.xml" "$work/application/app/"
  { cat "$here/java.args"; printf -- '-cp\n%s\n' "$(printf '/app/lib/%s\n' "${jars[@]##*/}" | paste -sd:)"; } >"$work/application/app/java.args"
  mkdir "$work/root"
  cp -a "$runtime/." "$work/libraries/." "$work/application/." "$work/root/"
  # The class archive remembers the times of jars and runtime.
  find "$work/root" -exec touch -h -d "@$epoch" {} +
}

# Paths in the class archive are relative, so that the folder of this build does not get into it;
# the virtual machine forgives a class path that differs in its beginning only.
relative_args() { sed -e '/^-XX:SharedArchiveFile=/d' -e 's#/app/#app/#g' "$work/root/app/java.args"; }

make_archive() {
  cd "$work/root"
  relative_args >"$work/dump.args"
  # Without fixed heap and collector the memory of the building machine gets into the archive.
  env -i LC_ALL=C app/java/bin/java -Xshare:dump -Xmx256m -XX:+UseSerialGC -XX:SharedClassListFile="$here/image.classlist" \
    -XX:SharedArchiveFile="$work/archive/app/classes.jsa" @"$work/dump.args" >"$work/dump.log" 2>&1 || { cat "$work/dump.log" >&2; die "no class archive"; }
  chmod 644 "$work/archive/app/classes.jsa"
  cd "$here"
}

digest() { sha256sum <"$1" | cut -d' ' -f1; }

# blob FILE: moves it into the layout and prints its digest
blob() {
  local sum
  sum=$(digest "$1")
  mv "$1" "$work/oci/blobs/sha256/$sum"
  echo "$sum"
}

# layer NAME DIR: packs DIR; the same content is compressed only once per machine
layer() {
  local tar=$work/$1.tar packed=$work/$1.tar.gz diff
  tar --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -C "$2" -cf "$tar" .
  diff=$(digest "$tar")
  local kept=$cache/layers/$diff.tar.gz
  if [[ ! -f $kept ]]; then
    mkdir -p "$cache/layers"
    gzip -6n <"$tar" >"$packed"
    cp "$packed" "$kept.$$" && mv "$kept.$$" "$kept"
  fi
  touch "$kept"
  cp "$kept" "$packed"
  local size
  size=$(stat -c %s "$packed")
  printf 'image: layer %-15s %6.1f MB, %6.1f MB unpacked\n' "$1" "$(mega "$size")" "$(mega "$(stat -c %s "$tar")")"
  rm "$tar"
  jq -n --arg name "$1" --arg diff "sha256:$diff" --arg digest "sha256:$(blob "$packed")" --argjson size "$size" \
    '{$name, $diff, descriptor: {mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", $digest, $size}}' >>"$work/layers"
}

mega() { awk -v n="$1" 'BEGIN { print n / 1e6 }'; }

version() { basename "$lib"/osimage-controller-*.jar .jar | sed 's/^osimage-controller-//'; }

config() {
  jq -s --arg arch "$arch" --arg version "$(version)" --arg created "$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)" '{
    $created, architecture: $arch, os: "linux",
    config: {
      User: "65532:65532", WorkingDir: "/",
      Env: ["LANG=C.UTF-8", "MALLOC_ARENA_MAX=2"],
      Entrypoint: ["/app/java/bin/java", "@/app/java.args"],
      Cmd: ["dev.osimage.operator.Main"],
      Labels: {
        "org.opencontainers.image.title": "osimage-operator",
        "org.opencontainers.image.version": $version,
        "org.opencontainers.image.licenses": "Apache-2.0"
      }
    },
    rootfs: {type: "layers", diff_ids: map(.diff)},
    history: map({$created, created_by: ("image.sh: " + .name)})
  }' "$work/layers"
}

manifest() {
  jq -s --arg digest "sha256:$1" --argjson size "$2" '{
    schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: {mediaType: "application/vnd.oci.image.config.v1+json", $digest, $size},
    layers: map(.descriptor)
  }' "$work/layers"
}

index() {
  jq -n --arg digest "sha256:$1" --argjson size "$2" --arg name "$name" --arg tag "${name##*:}" --arg arch "$arch" '{
    schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{
      mediaType: "application/vnd.oci.image.manifest.v1+json", $digest, $size,
      platform: {architecture: $arch, os: "linux"},
      annotations: {"io.containerd.image.name": $name, "org.opencontainers.image.ref.name": $tag}
    }]
  }'
}

write_image() {
  local size sum
  config >"$work/config.json"
  size=$(stat -c %s "$work/config.json")
  sum=$(blob "$work/config.json")
  manifest "$sum" "$size" >"$work/manifest.json"
  size=$(stat -c %s "$work/manifest.json")
  manifest_digest=$(blob "$work/manifest.json")
  index "$manifest_digest" "$size" >"$work/oci/index.json"
  echo '{"imageLayoutVersion":"1.0.0"}' >"$work/oci/oci-layout"
  tar --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -C "$work/oci" -cf "$output.part" blobs index.json oci-layout
  # The archive last: it is what make looks at.
  echo "sha256:$manifest_digest" >"${output%.tar}.digest"
  mv "$output.part" "$output"
}

build() {
  output=$(realpath -m "$1")
  mkdir -p "$(dirname "$output")" "$work/oci/blobs/sha256"
  step "base" make_base
  step "Java runtime" make_runtime
  step "application" make_application
  step "class archive" make_archive
  layer base "$base"
  layer runtime "$runtime"
  layer libraries "$work/libraries"
  layer application "$work/application"
  layer classes "$work/archive"
  step "OCI archive" write_image
  find "$cache/layers" -type f -mtime +7 -delete
  printf 'image: %s\nimage: sha256:%s\nimage: %s, %.1f MB compressed, %d s\n' "$name" "$manifest_digest" \
    "$output" "$(mega "$(jq -s 'map(.descriptor.size) | add' "$work/layers")")" "$SECONDS"
}

record() {
  make_base
  make_runtime
  make_application
  relative_args >"$work/record.args"
  "$here/record.sh" "$jdk" "$work/root" "$work/record.args" "$here/image.classlist"
}

[[ -f $lock ]] || die "no lock file for $arch"
command -v jq >/dev/null || die "jq is missing: apt-get install jq, or e2e/setup.sh"
find_jdk
case ${1:-} in
  --record-classes) record ;;
  -* | '') sed -n '2,3s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  *) build "$1" ;;
esac
