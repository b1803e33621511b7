#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The tests of what runs on Windows, without Windows: installs what is missing, builds for it (mingw-w64, warnings are errors) and runs
# the test programs under wine. A program is one test for the runner, because each start under wine costs more than most tests. Asks
# nothing; the last lines are the test runner's summary, and the exit code is its own. What wine cannot show is in the README.
#
#   tests/windows.sh [CTEST ARGUMENT...]        for example: tests/windows.sh -R store
set -eu
cd "$(dirname "$0")/.."
packaging/install-deps.sh windows
work=$PWD/build/windows
mkdir -p "$work"

# wine's idea of a disk is made once; no window, no display, and nothing of the person's own wine.
export WINEPREFIX=$work/prefix WINEARCH=win64 WINEDEBUG=${WINEDEBUG:--all} WINEDLLOVERRIDES="mscoree,mshtml="
unset DISPLAY
boot() {
  [ ! -e "$work/prefix.made" ] || return 0
  rm -rf "$WINEPREFIX"
  wineboot -i && wineserver -w && wine reg add 'HKCU\Software\Wine' /v Version /d win10 /f && wineserver -w && touch "$work/prefix.made"
}
boot >"$work/wineboot.log" 2>&1 &
booting=$!

sysroot=$(packaging/windows/sysroot.sh)
launcher=()
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake -G Ninja -S . -B "$work/tree" --toolchain "$PWD/packaging/cmake/mingw64.cmake" "-DPORTWATCH_SYSROOT=$sysroot" \
  -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O0 -DPORTWATCH_WERROR=ON -DPORTWATCH_UNITY=ON "${launcher[@]}" >"$work/configure.log" 2>&1 || {
  cat "$work/configure.log" >&2
  exit 1
}
cmake --build "$work/tree" --parallel "$(nproc)"

wait "$booting" || {
  cat "$work/wineboot.log" >&2
  exit 1
}
# One server for all programs. It and the services that wine starts at first must not hold on to our output.
trap 'wineserver -k || true; wineserver -w || true' EXIT
wineserver -p300 >/dev/null 2>&1
wine cmd /c exit >/dev/null 2>&1

status=0
ctest --test-dir "$work/tree" --output-on-failure --no-tests=error -j2 "$@" >"$work/ctest.log" 2>&1 || status=$?
passed=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$work/tree/Testing/Temporary/LastTest.log" | awk '{ sum += $1 } END { print sum + 0 }')
echo "Single tests that passed under $(wine --version): $passed"
cat "$work/ctest.log"
exit "$status"
