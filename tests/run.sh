#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every test, from a fresh clone: installs what is missing, builds what is released (gcc, strict warnings) and a sanitized
# build (clang, AddressSanitizer and UndefinedBehaviorSanitizer), and runs the whole suite on the sanitized one. The
# integration tests run once more against the programs as released (their names begin with "released."). Asks nothing; the
# last lines are the test runner's summary, and the exit code is its own.
#
#   tests/run.sh [CTEST ARGUMENT...]        for example: tests/run.sh -L unit
set -eu
cd "$(dirname "$0")/.."
packaging/install-deps.sh test
packaging/build.sh strict -DPORTWATCH_UNITY=ON -DPORTWATCH_BPF=ON
packaging/build.sh asan -DPORTWATCH_UNITY=ON -DPORTWATCH_BPF=ON "-DPORTWATCH_RELEASED_BIN_DIR=$PWD/build/strict/bin"

# Some machines take no programs into their kernel, whoever asks (containers, locked down ones): there the tests of these programs
# are left out, and it is said.
probe=$(mktemp -d)
printf '[scan]\nsensor = "bpf"\n' >"$probe/portwatch.toml"
if ! said=$(build/strict/bin/portwatchd --once --config "$probe/portwatch.toml" 2>&1 >/dev/null); then
  echo "LEFT OUT: the tests of programs in the kernel (ctest -L bpf), because $said" >&2
  set -- -LE '^bpf$' "$@"
fi
rm -r "$probe"

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
exec ctest --test-dir build/asan --output-on-failure --no-tests=error -j2 "$@"
