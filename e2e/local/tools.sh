#!/usr/bin/env bash
# Builds programs from pinned Go modules, once, and links them all in <cache>/bin: those of the
# cluster, or with "peers" the registries and clients that other people wrote.
# Run it for the build, source it for the names (OSIMAGE_CACHE, tools_folder, tools_ensure).
# Usage: tools.sh [cluster|peers]
set -euo pipefail

TOOLS_SOURCE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/tools"
OSIMAGE_CACHE="${OSIMAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/osimage-operator}"

# The order is the one that makes the machine useful soonest: the small ones first.
TOOLS=(etcd containerd kubernetes helm)
PEERS=(token-server ggcr-registry crane oras registry cosign3 cosign2)
declare -A TOOL_VERSION=(
  [etcd]=3.6.8 [containerd]=2.4.2 [kubernetes]=1.36.3 [helm]=4.3.1
  [token-server]=2.8.3 [ggcr-registry]=0.22.1 [crane]=0.22.1 [oras]=1.3.3 [registry]=3.1.2
  [cosign3]=3.1.3 [cosign2]=2.6.5
)
declare -A TOOL_ESTIMATE=(
  [etcd]='20 s' [containerd]='45 s' [kubernetes]='4 min' [helm]='75 s'
  [token-server]='10 s' [ggcr-registry]='10 s' [crane]='20 s' [oras]='15 s' [registry]='50 s'
  [cosign3]='2 min' [cosign2]='2 min'
)

tools_folder() {
  local hash
  hash=$(cat "$TOOLS_SOURCE/$1"/* | sha256sum)
  printf '%s/tools/%s-%s-%s\n' "$OSIMAGE_CACHE" "$1" "${TOOL_VERSION[$1]}" "${hash:0:12}"
}

tool_flags() {
  local version=${TOOL_VERSION[$1]} variable=k8s.io/component-base/version
  case $1 in
    kubernetes)
      # Without these kubectl and the API server call themselves v0.0.0-master.
      local major=${version%%.*} minor=${version#*.}
      printf '%s\n' -ldflags \
        "-s -w -X $variable.gitVersion=v$version -X $variable.gitMajor=$major -X $variable.gitMinor=${minor%%.*}" ;;
    containerd)
      # btrfs and devmapper need C headers; the overlayfs snapshotter is the one in use.
      printf '%s\n' -tags no_btrfs,no_devmapper -ldflags \
        "-s -w -X github.com/containerd/containerd/v2/version.Version=v$version" ;;
    *) printf '%s\n' -ldflags '-s -w' ;;
  esac
}

tool_build() {
  local tool=$1 folder=$2 work start=$SECONDS flags
  command -v go >/dev/null || { echo "tools: Go 1.26 is needed on PATH to build $tool" >&2; return 1; }
  echo "tools: building $tool ${TOOL_VERSION[$tool]} (about ${TOOL_ESTIMATE[$tool]} on 2 cores with an empty Go cache)" >&2
  work=$(mktemp -d "$OSIMAGE_CACHE/tools/.build-$tool.XXXXXX")
  mapfile -t flags < <(tool_flags "$tool")
  if ! (cd "$TOOLS_SOURCE/$tool" &&
    GOFLAGS='' GOWORK=off CGO_ENABLED=0 \
      go build -trimpath -buildvcs=false -mod=readonly "${flags[@]}" -o "$work/bin/" tool >&2); then
    rm -rf "$work"
    return 1
  fi
  case $tool in
    # The package is go.etcd.io/etcd/server/v3, so Go names the program "server".
    etcd) mv "$work/bin/server" "$work/bin/etcd" ;;
    cosign*) mv "$work/bin/cosign" "$work/bin/$tool" ;;
  esac
  chmod 0755 "$work"
  rm -rf "$folder"
  mv -T "$work" "$folder"
  echo "tools: $tool done in $((SECONDS - start)) s" >&2
}

# ln replaces by rename, so a program started at this moment finds either the old or the new link.
tools_link() {
  local bin=$OSIMAGE_CACHE/bin tool folder link
  mkdir -p "$bin"
  for tool in "${TOOLS[@]}" "${PEERS[@]}"; do
    folder=$(tools_folder "$tool")
    if [[ -d $folder/bin ]]; then ln -sf "$folder"/bin/* "$bin/"; fi
  done
  for link in "$bin"/*; do
    [[ -e $link ]] || rm -f "$link"
  done
}

tools_ensure() {
  local tool missing=()
  for tool in "${TOOLS[@]}"; do tool_built "$tool" || missing+=("$tool"); done
  tools_build "${missing[@]}"
  tools_link
}

# Where a peer's modules cannot be had, the proofs with peers are skipped. One that does not compile
# is a failure.
peers_ensure() {
  local tool missing=()
  for tool in "${PEERS[@]}"; do
    if tool_built "$tool"; then continue; fi
    if ! tool_available "$tool"; then
      echo "tools: SKIPPED: the modules of $tool cannot be had here; the proofs with real registries will be skipped" >&2
      return
    fi
    missing+=("$tool")
  done
  tools_build "${missing[@]}"
  tools_link
}

tool_built() { [[ -d $(tools_folder "$1")/bin ]]; }

# Loads every package, compiles none.
tool_available() {
  command -v go >/dev/null && (cd "$TOOLS_SOURCE/$1" &&
    GOFLAGS='' GOWORK=off CGO_ENABLED=0 go list -mod=readonly -deps tool >/dev/null)
}

tools_build() {
  local tool
  (($#)) || return 0
  mkdir -p "$OSIMAGE_CACHE/tools"
  # Two callers at once must not build the same thing twice: the second waits and finds it done.
  (
    flock 9
    for tool in "$@"; do
      tool_built "$tool" || tool_build "$tool" "$(tools_folder "$tool")"
    done
  ) 9>"$OSIMAGE_CACHE/tools/.lock"
}

if [[ ${BASH_SOURCE[0]} = "$0" ]]; then
  case ${1:-cluster} in
    cluster) tools_ensure ;;
    peers) peers_ensure ;;
    *) echo 'usage: tools.sh [cluster|peers]' >&2; exit 2 ;;
  esac
  printf '%s\n' "$OSIMAGE_CACHE/bin"
fi
