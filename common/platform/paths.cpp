// SPDX-License-Identifier: Apache-2.0
// The part of paths.h that asks nobody.

#include "common/platform/paths.h"

namespace portwatch::platform {
namespace {

constexpr const char* kFolder = "portwatch";
constexpr const char* kSocketName = "portwatch.sock";
constexpr const char* kConfigName = "portwatch.toml";

std::filesystem::path state_dir_of(const Person& person) {
  return (person.state_home.empty() ? person.home / ".local" / "state" : person.state_home) / kFolder;
}

/// A pipe has a name and lies in no folder.
std::filesystem::path socket_in(const std::filesystem::path& folder, const Person& person) {
  return person.pipe.empty() ? folder / kSocketName : person.pipe;
}

}  // namespace

Locations personal_locations(const Person& person) {
  Locations locations;
  locations.config_file =
      (person.config_home.empty() ? person.home / ".config" : person.config_home) / kFolder / kConfigName;
  locations.state_dir = state_dir_of(person);
  locations.socket =
      socket_in(person.runtime_dir.empty() ? locations.state_dir : person.runtime_dir / kFolder, person);
  return locations;
}

std::vector<std::filesystem::path> socket_candidates(const Person& person) {
  std::vector<std::filesystem::path> candidates{personal_locations(person).socket};
  if (const auto in_state = socket_in(state_dir_of(person), person); in_state != candidates.front())
    candidates.push_back(in_state);
  if (const auto system = system_locations().socket; system != candidates.front())
    candidates.push_back(system);
  return candidates;
}

}  // namespace portwatch::platform
