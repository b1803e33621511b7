// SPDX-License-Identifier: Apache-2.0
// unshare(2) and mount(2): the folder of the program is bound to another place, where /proc/PID/exe then
// shows it.
#include "tests/support/trusted_place.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/assert.h"

namespace portwatch::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPlace = "/mnt";

bool is_temporary(const fs::path& path) {
  constexpr std::array<std::string_view, 4> kFolders{"/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/"};
  return std::ranges::any_of(kFolders,
                             [&](std::string_view folder) { return path.native().starts_with(folder); });
}

std::vector<std::string> own_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

}  // namespace

void leave_temporary_folder() {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  if (!is_temporary(program) || unshare(CLONE_NEWNS) != 0) return;
  PW_ASSERT(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
  PW_ASSERT(mount(program.parent_path().c_str(), kPlace.data(), nullptr, MS_BIND, nullptr) == 0);
  std::vector<std::string> arguments = own_arguments();
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execv((fs::path(kPlace) / program.filename()).c_str(), pointers.data());
  PW_ASSERT(false);
}

}  // namespace portwatch::test
