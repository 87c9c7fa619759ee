#!/usr/bin/env bash
# Builds the cluster's programs from pinned Go modules, once, and links them all in <cache>/bin.
# Run it for the build, source it for the names (OSIMAGE_CACHE, tools_folder, tools_ensure).
set -euo pipefail

TOOLS_SOURCE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/tools"
OSIMAGE_CACHE="${OSIMAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/osimage-operator}"

# The order is the one that makes the machine useful soonest: the small ones first.
TOOLS=(etcd containerd kubernetes helm)
declare -A TOOL_VERSION=([etcd]=3.6.8 [containerd]=2.4.2 [kubernetes]=1.36.3 [helm]=4.3.1)
declare -A TOOL_ESTIMATE=([etcd]='20 s' [containerd]='45 s' [kubernetes]='4 min' [helm]='75 s')

tools_folder() {
  local hash
  hash=$(cat "$TOOLS_SOURCE/$1/go.mod" "$TOOLS_SOURCE/$1/go.sum" | sha256sum)
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
  # The package is go.etcd.io/etcd/server/v3, so Go names the program "server".
  if [[ $tool = etcd ]]; then mv "$work/bin/server" "$work/bin/etcd"; fi
  chmod 0755 "$work"
  rm -rf "$folder"
  mv -T "$work" "$folder"
  echo "tools: $tool done in $((SECONDS - start)) s" >&2
}

# ln replaces by rename, so a program started at this moment finds either the old or the new link.
tools_link() {
  local bin=$OSIMAGE_CACHE/bin tool link
  mkdir -p "$bin"
  for tool in "${TOOLS[@]}"; do
    ln -sf "$(tools_folder "$tool")"/bin/* "$bin/"
  done
  for link in "$bin"/*; do
    [[ -e $link ]] || rm -f "$link"
  done
}

tools_ensure() {
  local tool folder missing=()
  for tool in "${TOOLS[@]}"; do
    folder=$(tools_folder "$tool")
    [[ -d $folder/bin ]] || missing+=("$tool")
  done
  if ((${#missing[@]})); then
    mkdir -p "$OSIMAGE_CACHE/tools"
    # Two callers at once must not build the same thing twice: the second waits and finds it done.
    (
      flock 9
      for tool in "${missing[@]}"; do
        folder=$(tools_folder "$tool")
        [[ -d $folder/bin ]] || tool_build "$tool" "$folder"
      done
    ) 9>"$OSIMAGE_CACHE/tools/.lock"
  fi
  tools_link
}

if [[ ${BASH_SOURCE[0]} = "$0" ]]; then
  tools_ensure
  printf '%s\n' "$OSIMAGE_CACHE/bin"
fi
