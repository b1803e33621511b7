#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy 19 over the sources, or over those that are named. A file takes 15 to 80 seconds, so this is no part of the tests.
#
#   packaging/tidy.sh [FILE...]
set -eu
cd "$(dirname "$0")/.."
command -v clang-tidy-19 >/dev/null || { echo "clang-tidy-19 is missing: apt-get install clang-tidy-19" >&2; exit 1; }
packaging/install-deps.sh test
cmake --preset asan >/dev/null
if [ $# -eq 0 ]; then mapfile -t sources < <(find common daemon cli -name '*.cpp' | sort); else sources=("$@"); fi
printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy-19 -p build/asan --quiet
