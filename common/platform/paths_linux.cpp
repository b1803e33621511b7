// SPDX-License-Identifier: Apache-2.0
// Where the system's things are, by the Filesystem Hierarchy Standard 3.0, and who the person is, on Linux:
// environment variables first, as the XDG Base Directory Specification says, then getpwuid_r(3) of the
// effective user.

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "common/platform/paths.h"

namespace portwatch::platform {
namespace {

/// An absolute path from the environment, else an empty one.
std::filesystem::path absolute_from_environment(const char* name) {
  const char* value = std::getenv(name);
  std::filesystem::path path = value == nullptr ? "" : value;
  return path.is_absolute() ? path : std::filesystem::path();
}

std::filesystem::path home_from_passwd() {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  std::filesystem::path home = found->pw_dir;
  return home.is_absolute() ? home : std::filesystem::path();
}

bool is_own_folder(const std::filesystem::path& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

}  // namespace

Locations system_locations() {
  return {.config_file = "/etc/portwatch/portwatch.toml",
          .state_dir = "/var/lib/portwatch",
          .socket = "/run/portwatch/portwatch.sock"};
}

base::Result<Person> current_person() {
  Person person;
  person.home = absolute_from_environment("HOME");
  if (person.home.empty()) person.home = home_from_passwd();
  if (person.home.empty())
    return base::fail(base::ErrorCode::kNotFound,
                      "no home folder: HOME is not set and passwd has none for this user");
  person.config_home = absolute_from_environment("XDG_CONFIG_HOME");
  person.state_home = absolute_from_environment("XDG_STATE_HOME");
  person.runtime_dir = absolute_from_environment("XDG_RUNTIME_DIR");
  if (!person.runtime_dir.empty() && !is_own_folder(person.runtime_dir)) person.runtime_dir.clear();
  return person;
}

}  // namespace portwatch::platform
