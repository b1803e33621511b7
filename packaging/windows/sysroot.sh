#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a folder of the libraries that portwatch stands on, for Windows (x86_64), and prints its path. They are built from the sources
# of this Debian, so they have the versions that Linux has. What was made once is kept under build/windows, by a name that follows from
# the versions and from how they are built.
#
#   packaging/windows/sysroot.sh
set -eu
cd "$(dirname "$0")/../.."
sources=(libuv1 sqlite3 spdlog fmtlib googletest)
work=$PWD/build/windows
mkdir -p "$work/apt/parts" "$work/apt/lists/partial"

# A view of the machine's own apt sources that has source packages too: nothing under /etc/apt is touched.
sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >"$work/apt/parts/source.sources"
apt=(-q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/apt/parts" -o "Dir::State::lists=$work/apt/lists"
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User="$(id -un)")

# The versions of the binary packages that are installed here name those of the sources.
version_of() { dpkg-query -W -f '${source:Version}' "$1"; }
upstream() { sed -E 's/^[0-9]+://; s/[+]ds.*//; s/-[^-]*$//' <<<"$1"; }
declare -A package=([libuv1]=libuv1-dev [sqlite3]=libsqlite3-dev [spdlog]=libspdlog-dev [fmtlib]=libfmt-dev [googletest]=libgtest-dev
  [nlohmann_json]=nlohmann-json3-dev [CLI11]=libcli11-dev [tomlplusplus]=libtomlplusplus-dev)
versions=()
key=$(cat packaging/windows/CMakeLists.txt packaging/windows/sysroot.sh packaging/cmake/mingw64.cmake)
for name in "${!package[@]}"; do
  version=$(version_of "${package[$name]}")
  key+=" $name=$version"
  versions+=("-D${name^^}_VERSION=$(upstream "$version")")
done
key+=$(x86_64-w64-mingw32-g++-posix --version)
sysroot=$work/sysroot-$(sha256sum <<<"$key" | cut -c1-16)
if [ -d "$sysroot" ]; then
  echo "$sysroot"
  exit 0
fi

# From here on only the path is told, unless something fails.
exec 3>&1 4>&2 >"$work/sysroot.log" 2>&1
trap 'tail -n 40 "$work/sysroot.log" >&4' EXIT
apt-get "${apt[@]}" update
mkdir -p "$work/downloads" "$work/sources"
for name in "${sources[@]}"; do
  version=$(version_of "${package[$name]}")
  (cd "$work/downloads" && apt-get "${apt[@]}" source --download-only "$name=$version")
  rm -rf "$work/sources/$name"
  dpkg-source --no-check -x "$work/downloads/${name}_${version#*:}.dsc" "$work/sources/$name"
done
mkdir -p "$work/sources/sqlite3/amalgamation"
(cd "$work/sources/sqlite3/amalgamation" && ../configure --disable-tcl && make sqlite3.c)
launcher=()
if command -v ccache; then launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake -G Ninja -S packaging/windows -B "$work/sysroot-build" --toolchain "$PWD/packaging/cmake/mingw64.cmake" \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DCMAKE_C_FLAGS_RELEASE=-O1 "-DPORTWATCH_SOURCES=$work/sources" \
  "-DCMAKE_INSTALL_PREFIX=$sysroot.new" "${versions[@]}" "${launcher[@]}"
cmake --build "$work/sysroot-build" --parallel "$(nproc)"
cmake --install "$work/sysroot-build"
mv "$sysroot.new" "$sysroot"
rm -rf "$work/sysroot-build" "$work/sources" "$work/downloads" "$work/apt"
trap - EXIT
echo "$sysroot" >&3
