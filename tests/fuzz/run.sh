#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and runs one fuzzer, or each in turn, on the inputs in corpus/ and those that it has found before. What it finds is left in
# $PORTWATCH_FUZZ_DIR/TARGET (build/fuzz/findings/TARGET): found/ new inputs, artifacts/ those that fail, log its own words.
#
#   tests/fuzz/run.sh [TARGET] [SECONDS]      all targets, and 60 seconds each, unless said
#
# An input that failed is made small with
#   build/fuzz/fuzz/fuzz_TARGET -minimize_crash=1 -runs=100000 -exact_artifact_path=SMALL INPUT
# mended, and kept in corpus/TARGET, where the suite runs it for ever.
set -eu
cd "$(dirname "$0")/../.."
seconds=${2:-60}
targets=${1:-}
if [ -z "$targets" ]; then targets=$(sed -n 's/^set(fuzz_targets \(.*\))$/\1/p' tests/fuzz/CMakeLists.txt); fi
findings=${PORTWATCH_FUZZ_DIR:-$PWD/build/fuzz/findings}

launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake --preset fuzz "${launcher[@]}" >/dev/null
for target in $targets; do cmake --build build/fuzz --target "fuzz_$target"; done

failed=0
for target in $targets; do
  folder=$findings/$target
  mkdir -p "$folder/found" "$folder/artifacts"
  options=(-max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$folder/artifacts/")
  if [ -f "tests/fuzz/$target.dict" ]; then options+=(-dict="tests/fuzz/$target.dict"); fi
  echo "fuzzing $target for $seconds s, log in $folder/log"
  if ! "build/fuzz/fuzz/fuzz_$target" "${options[@]}" "$folder/found" "tests/fuzz/corpus/$target" >"$folder/log" 2>&1; then
    echo "$target: found something: $folder/artifacts"
    tail -n 25 "$folder/log"
    failed=1
  fi
  grep -E '^stat::number_of_executed_units|^stat::peak_rss_mb' "$folder/log" || true
done
exit $failed
