#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that portwatch is built with, and only those that are missing. This is the one list of them.
#
#   packaging/install-deps.sh build|test|windows [--list]
#
# `build`: what portwatchd and portwatchctl need. `test`: that, and what the whole test suite needs. `windows`: what tests/windows.sh
# builds for Windows with, and runs it in. --list only names them.
# On a system without apt it names them and ends with 1.
set -eu

build_packages=(
  g++ cmake ninja-build pkg-config
  libuv1-dev libsqlite3-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev libsystemd-dev
  clang-19 bpftool libbpf-dev   # the programs of the event sensor, which run in the kernel (PORTWATCH_BPF)
)
test_packages=(
  libclang-rt-19-dev   # and clang-19: the sanitized build: AddressSanitizer is far cheaper with it than with g++ 12
  lld-19   # links each test program in a quarter of the time
  clang-format-19 shellcheck python3   # the lints
  libgtest-dev libgmock-dev
  iproute2   # `ss`, which the list of listeners is compared with
)

windows_packages=(
  g++-mingw-w64-x86-64-posix clang-19 lld-19 wine wine64   # clang only calls lld, which links sixty times as fast
  cmake ninja-build pkg-config dpkg-dev tcl   # the libraries, from their sources
  libuv1-dev libsqlite3-dev libspdlog-dev libfmt-dev libgtest-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev   # their versions; headers
)

usage() { sed -n 's/^#   \(packaging.*\)/usage: \1/p' "$0"; }

packages=("${build_packages[@]}")
case "${1:-}" in
  build) ;;
  test) packages+=("${test_packages[@]}") ;;
  windows) packages=("${windows_packages[@]}") ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac
case "${2:-}" in
  "") ;;
  --list) printf '%s\n' "${packages[@]}"; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  {
    echo "This system has no apt. portwatch is built with what Debian 12 calls:"
    printf '  %s\n' "${packages[*]}"
    echo "Install what your system calls these, and build by hand as CONTRIBUTING.md says."
  } >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    {
      echo "Packages are missing, and installing them takes root. As root, run:"
      echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    } >&2
    exit 1
  fi
  root=(sudo "${root[@]}")
fi

echo "Installing: ${missing[*]}" >&2
apt_get() { "${root[@]}" apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" >&2 </dev/null; }
apt_get update || echo "apt-get update failed; trying with the lists that are there." >&2
if ! apt_get install --no-install-recommends "${missing[@]}"; then
  {
    echo "Not all packages could be installed. As root, this shows why:"
    echo "  apt-get install --no-install-recommends ${missing[*]}"
  } >&2
  exit 1
fi
