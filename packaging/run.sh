#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds portwatch and watches this machine until Ctrl-C. See --help below.
set -eu

help() {
  cat <<'TEXT'
Usage: packaging/run.sh [--help]

Installs what is missing (apt), builds a release, starts portwatchd on the SQLite store in your own state folder
(${XDG_STATE_HOME:-~/.local/state}/portwatch), says what it can see and what it cannot, and shows the live feed.
Ctrl-C ends it cleanly. What it has seen is kept: the next start goes on from there.

As root it sees every process. As an ordinary user it names the programs behind your own listeners; of the others it
sees that they are there, on which port, and whose they are.
TEXT
}

case "${1:-}" in
  "") ;;
  -h | --help) help; exit 0 ;;
  *) help >&2; exit 2 ;;
esac

cd "$(dirname "$0")/.."
packaging/install-deps.sh build
packaging/build.sh release

bin=$PWD/build/release/bin
home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
state=${XDG_STATE_HOME:-$home/.local/state}/portwatch
(umask 077 && mkdir -p "$state")
socket=$state/portwatch.sock
log=$state/portwatchd.log
ctl=("$bin/portwatchctl" --socket "$socket")

if "${ctl[@]}" status >/dev/null 2>&1; then
  {
    echo "A portwatchd already watches for $(id -un); its feed, until Ctrl-C:"
    printf '  %q watch\n' "$bin/portwatchctl"
  } >&2
  exit 1
fi

daemon='' feed=''
# shellcheck disable=SC2317  # called by trap
finish() {
  trap - EXIT INT TERM HUP
  if [ -n "$feed" ]; then kill -TERM "$feed" 2>/dev/null || true; fi
  if [ -n "$daemon" ]; then
    kill -TERM "$daemon" 2>/dev/null || true
    wait "$daemon" || true
    echo "portwatchd has stopped. Its history is kept in $state."
  fi
}
trap finish EXIT
trap 'exit 0' INT TERM HUP

# Its log goes to a file: the feed below shows the same, readable.
"$bin/portwatchd" --state-dir "$state" --socket "$socket" 2>"$log" >/dev/null &
daemon=$!
tries=0
until "${ctl[@]}" status >/dev/null 2>&1; do
  if ! kill -0 "$daemon" 2>/dev/null || [ $((tries += 1)) -gt 150 ]; then
    echo "portwatchd did not start. It said:" >&2
    cat "$log" >&2
    exit 1
  fi
  sleep 0.1
done

"${ctl[@]}" status
printf '\nAsk it in another terminal, for example:\n'
printf '  %q list\n' "$bin/portwatchctl"
printf '  %q --help\n' "$bin/portwatchctl"
printf 'Log: %s\n\n' "$log"
# Both run beside this shell, which waits: so that a signal to it alone ends them too.
"${ctl[@]}" watch &
feed=$!
wait -n "$daemon" "$feed" || true
echo "portwatchd or its feed has ended by itself. The end of the log:" >&2
tail -n 5 "$log" >&2
exit 1
