#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Records what portwatchd sees while a command runs, and takes personal data out of it. See --help below.
set -eu

help() {
  cat <<'TEXT'
Usage: packaging/record-trace.sh [-s SENSOR] [-b FOLDER] OUT COMMAND [ARGUMENT...]

Starts portwatchd in a network of its own with a new database, nothing learned and ten looks a second, runs COMMAND in the same network, and
leaves in OUT what was seen of COMMAND and its children alone: the trace of a workload, for a test or for a report. Needs root.

  -s SENSOR   bpf, sock_diag (as it is otherwise) or proc_net
  -b FOLDER   where portwatchd lies (otherwise build/release/bin)

COMMAND must not put itself into the background: what is no child of it any more is left out. It runs in a new folder, which is called /srv/work in OUT.
What is replaced, and what is not: packaging/clean-trace.py. Read OUT before you give it away.
TEXT
}

sensor=sock_diag
bin=$(dirname "$0")/../build/release/bin
while [ $# -gt 0 ]; do
  case "$1" in
    -s) sensor=$2; shift 2 ;;
    -b) bin=$2; shift 2 ;;
    -h | --help) help; exit 0 ;;
    -*) help >&2; exit 2 ;;
    *) break ;;
  esac
done
[ $# -ge 2 ] || { help >&2; exit 2; }

bin=$(realpath "$bin")
clean=$(realpath "$(dirname "$0")/clean-trace.py")
if [ -z "${PORTWATCH_TRACE_NETWORK:-}" ]; then
  out=$(realpath -m "$1"); shift
  command=$1; shift
  case "$command" in */*) command=$(realpath "$command") ;; esac # it runs in another folder
  set -- "$command" "$@"
  PORTWATCH_TRACE_NETWORK=1 exec unshare --net "$(realpath "$0")" -s "$sensor" -b "$bin" "$out" "$@"
fi
out=$1; shift
ip link set lo up

work=$(mktemp -d "$HOME/trace.XXXXXX")  # not /tmp, where every program is suspect
daemon=
finish() {
  if [ -n "$daemon" ]; then kill "$daemon" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
mkdir "$work/run"
printf '[scan]\nsensor = "%s"\ninterval = "100ms"\n[policy]\nlearning = "0s"\n' "$sensor" >"$work/portwatch.toml"
"$bin/portwatchd" --config "$work/portwatch.toml" --state-dir "$work/state" --socket "$work/state/socket" --record "$work/trace" 2>"$work/log" &
daemon=$!
for _ in $(seq 200); do
  if grep -q ' ready: ' "$work/log"; then break; fi
  kill -0 "$daemon" 2>/dev/null || break
  sleep 0.05
done
grep -q ' ready: ' "$work/log" || { cat "$work/log" >&2; exit 1; }

(cd "$work/run" && "$@") || echo "record-trace.sh: $1 ended with code $?" >&2
sleep 1 # for the looks that find it gone
kill "$daemon"
wait "$daemon"
daemon=
"$clean" --below "$$" --folder "$work/run=/srv/work" "$work/trace" >"$out"
