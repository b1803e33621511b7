#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configures and builds one preset: the programs end up in build/PRESET/bin. It uses ccache when that is there.
#
#   packaging/build.sh PRESET [CMAKE ARGUMENT...]
set -eu
[ $# -ge 1 ] || { sed -n 's/^#   \(packaging.*\)/usage: \1/p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
preset=$1
shift

# Somebody else's build folder, mostly root's, would fail in the middle with a message that helps nobody.
folder=build/$preset
while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
foreign=$(find "$folder" -maxdepth 1 ! -writable -print -quit)
if [ -n "$foreign" ]; then
  {
    echo "$PWD/$foreign belongs to $(stat -c %U "$foreign"), and $(id -un) may not write there."
    printf 'Build in a clone of your own, or take the folder over:\n  sudo chown -R %s %q\n' "$(id -un)" "$PWD/$folder"
  } >&2
  exit 1
fi

launcher=()
# Without these ccache passes over whatever uses precompiled headers.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! cmake --preset "$preset" "${launcher[@]}" "$@" >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
cmake --build "build/$preset" --parallel "$(nproc)"
