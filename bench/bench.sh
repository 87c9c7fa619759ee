#!/usr/bin/env bash
# bench.sh [--force]: gathers the peers, then measures. What is built must be up to date: 'make bench' sees to it.
#
# Environment: BENCH_ROWS   some of the rows, such as "push pull"; empty for all
#              BENCH_PAIRS  pairs of runs for each row and registry (7)
#              BENCH_SIZE   what all sizes are multiplied by, for trying out (1)
#              BENCH_WORK   a folder on a disk with 10 GiB free (bench/target)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() { echo "bench: $*" >&2; exit 1; }

# Programs of the Debian packages that both sides use. Nothing is installed where all are there.
debian=(docker-registry skopeo nginx curl openssl xz zstd gzip tar git wrk)
missing() {
  local program
  for program in "${debian[@]}"; do command -v "$program" >/dev/null || echo "$program"; done
}
export PATH=$PATH:/usr/sbin
[[ -z $(missing) ]] || e2e/setup.sh peers
[[ -z $(missing) ]] || die "missing:" $(missing)
[[ -x /usr/bin/time ]] || die "GNU time is missing: apt-get install time"

peers=$(e2e/local/tools.sh peers | tail -n 1)
for program in oras registry; do
  [[ -x $peers/$program ]] || die "$program is not built: see what e2e/local/tools.sh peers says"
done

# The ports of operator and gateway are open to every network.
isolated=()
if [[ -z ${BENCH_ROWS:-} || $BENCH_ROWS = *objects* || $BENCH_ROWS = *gateway* ]]; then
  ((EUID == 0)) || die "objects and gateway need root, for a network namespace: name other rows in BENCH_ROWS"
  command -v ip >/dev/null || e2e/setup.sh
  # An API server for "objects".
  [[ ${BENCH_ROWS:-objects} != *objects* ]] || e2e/local/tools.sh cluster >/dev/null
  isolated=(unshare --net bash -c 'ip link set lo up && exec "$@"' bash)
fi

export PATH=$JAVA_HOME/bin:$peers:$PATH
exec "${isolated[@]}" java -XX:+UseSerialGC -Xmx256m -cp "bench/target/classes:bench/target/lib/*" dev.osimage.bench.Bench "$@"
