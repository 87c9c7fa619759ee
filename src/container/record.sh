#!/usr/bin/env bash
# record.sh JDK ROOT ARGFILE LIST: runs both programs against RecordingServer and writes the classes that they loaded.
# No cluster and no registry: the server on this machine plays both.
set -euo pipefail
export LC_ALL=C
jdk=$1 root=$2 args=$3 list=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT

start_server() {
  "$jdk/bin/keytool" -genkeypair -alias server -keyalg EC -dname CN=localhost -ext san=dns:localhost,ip:127.0.0.1 \
    -storetype PKCS12 -keystore "$work/server.p12" -storepass changeit 2>/dev/null
  "$jdk/bin/keytool" -exportcert -rfc -alias server -keystore "$work/server.p12" -storepass changeit >"$work/ca.crt" 2>/dev/null
  "$jdk/bin/java" "$here/RecordingServer.java" "$work/server.p12" "$here/record" "$work/url" >"$work/server.log" 2>&1 &
  server=$!
  local try
  for try in {1..100}; do
    [[ ! -s $work/url ]] || return 0
    sleep 0.1
  done
  cat "$work/server.log" >&2
  exit 1
}

write_inputs() {
  local url
  url=$(cat "$work/url")
  sed -e "s#@URL@#$url#g" -e "s#@CA@#$work/ca.crt#g" "$here/record/kubeconfig.yaml" >"$work/kubeconfig"
  sed -e "s#@URL@#$url#g" -e "s#@HOST@#${url#https://}#g" "$here/record/plan.json" >"$work/plan.json"
}

# run NAME COMMAND-ARGUMENTS...: the program gets 15 seconds, then the signal that Kubernetes sends
run() {
  local name=$1 code=0
  shift
  (
    cd "$root"
    KUBECONFIG="$work/kubeconfig" OSIMAGE_BUILDER_IMAGE=recording \
      OSIMAGE_NAMESPACE=recording OSIMAGE_POD_NAME=recording OSIMAGE_LEASE_NAME=recording timeout --signal=TERM --kill-after=10 15 \
      app/java/bin/java -Xshare:off -XX:DumpLoadedClassList="$work/$name.raw" \
      -Djavax.net.ssl.trustStore="$work/server.p12" -Djavax.net.ssl.trustStorePassword=changeit \
      @"$args" "$@"
  ) >"$work/$name.log" 2>&1 || code=$?
  [[ -s $work/$name.raw ]] || { cat "$work/$name.log" >&2; exit 1; }
  echo "record: $name ended with $code after $(wc -l <"$work/$name.raw") classes; its last words:"
  tail -n 3 "$work/$name.log" | cut -c1-200
}

start_server
write_inputs
run operator dev.osimage.operator.Main
run builder dev.osimage.builder.Main "$work/plan.json" \
  "sha256:$(sha256sum <"$work/plan.json" | cut -d" " -f1)" "$work/termination" "$work/mounts"
# Numbers and order differ between two runs; the virtual machine needs neither.
cat "$work"/*.raw | sed -E 's/ id: [0-9]+$//' | grep -v -e '^@cp' -e '^#' -e ' source: ' | sort -u >"$list"
echo "record: $(wc -l <"$list") lines in $list"
