#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds a release with the measurements and runs all of them: what portwatch costs beside ss and lsof, as tables in Markdown. In a
# network namespace of its own, so that nothing else listens; as root, because others cannot see all holders. It takes ten minutes and more.
#
#   tests/bench/run.sh [LISTENERS PROCESSES [ROUNDS [IDLE_SECONDS [FILES]]]]     only that size
set -eu
cd "$(dirname "$0")/../.."
for tool in ss lsof unshare; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt install iproute2 lsof util-linux" >&2; exit 1; }
done
packaging/build.sh release -DPORTWATCH_BENCH=ON

unshare=(unshare --net)
[ "$(id -u)" = 0 ] || unshare=(unshare --map-root-user --net)
measure() {
  # shellcheck disable=SC2016  # it is for the shell inside
  "${unshare[@]}" sh -c 'ip link set lo up && exec "$@"' sh build/release/bench/cost_bench "$@"
}

if [ $# -gt 0 ]; then
  measure "$@"
  exit
fi
uname -srm
echo "$(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg), as uid $(id -u)"
# LISTENERS PROCESSES ROUNDS IDLE_SECONDS FILES
measure 50 10 20 60
measure 100 10 20 0
measure 1000 10 20 0
measure 10000 10 20 60
measure 50000 10 5 0
measure 100 100 20 0
measure 1000 1000 20 0
measure 5000 5000 5 0
measure 10000 2000 10 0 54
"${unshare[@]}" sh -c 'ip link set lo up && exec tests/bench/told.py build/release/bin'
