// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where portwatch keeps its things unless it is told otherwise: a person's places follow the XDG Base
// Directory Specification 0.8, a system service's the Filesystem Hierarchy Standard 3.0. Daemon and CLI ask
// the same functions, so that they find each other.

#include <filesystem>
#include <vector>

#include "common/base/error.h"

namespace portwatch::platform {

struct Locations {
  std::filesystem::path config_file;  ///< need not exist
  std::filesystem::path state_dir;    ///< of the database
  std::filesystem::path socket;

  bool operator==(const Locations&) const = default;
};

/// What a person's places follow from. An empty path means "not set".
struct Person {
  std::filesystem::path home;
  std::filesystem::path config_home;  ///< XDG_CONFIG_HOME
  std::filesystem::path state_home;   ///< XDG_STATE_HOME
  std::filesystem::path runtime_dir;  ///< XDG_RUNTIME_DIR, when it is a folder that belongs to the person
  std::filesystem::path pipe;         ///< Windows: the name of the pipe that stands for the socket
};

/// The person this process runs as: on Windows from the known folders of the profile and the SID of the
/// token; elsewhere from the environment, and HOME from passwd(5) where the environment has none. Relative
/// paths are ignored, as the specification asks; so is a runtime folder of somebody else, which su(1) leaves
/// behind. Errors: kNotFound when there is no home folder at all.
[[nodiscard]] base::Result<Person> current_person();

/// ~/.config/portwatch/portwatch.toml, ~/.local/state/portwatch and
/// $XDG_RUNTIME_DIR/portwatch/portwatch.sock; without a runtime folder the socket lies in the state folder.
[[nodiscard]] Locations personal_locations(const Person& person);

/// Linux: /etc/portwatch/portwatch.toml, /var/lib/portwatch and /run/portwatch/portwatch.sock. Windows:
/// portwatch.toml and the state in the folder portwatch of ProgramData, and the pipe \\.\pipe\portwatch.
[[nodiscard]] Locations system_locations();

/// Where a client looks for a daemon, in this order: the person's own (in the runtime folder, then in the
/// state folder, as the daemon may have been started without the one that we have), then the system's. No
/// path twice.
[[nodiscard]] std::vector<std::filesystem::path> socket_candidates(const Person& person);

}  // namespace portwatch::platform
