// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/network_names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/model/socket_record.h"
#include "daemon/sensor/linux/directory_reader.h"
#include "daemon/sensor/linux/file_reader.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kShortId = 12;  ///< as the engines show it
constexpr std::size_t kDirectoryBuffer = 8192;
constexpr std::size_t kMostNamesSearched = 4096;

/// As ip-netns(8) has named it: a file on which the namespace is mounted.
std::optional<std::string> name_in(const std::string& path, base::Netns netns) {
  const auto folder = open_folder(AT_FDCWD, path.c_str());
  if (!folder) return std::nullopt;
  struct stat status{};
  if (::fstat(folder->get(), &status) != 0 || (status.st_uid != 0 && status.st_uid != ::geteuid()))
    return std::nullopt;
  std::array<std::byte, kDirectoryBuffer> buffer;
  DirectoryReader reader(folder->get(), buffer);
  std::size_t searched = 0;
  while (const auto entry = reader.next()) {
    if (++searched > kMostNamesSearched) break;
    const std::string name(entry->name);
    if (::fstatat(folder->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (status.st_ino == netns.value && S_ISREG(status.st_mode) && is_plain_name(name)) return name;
  }
  return std::nullopt;
}

}  // namespace

/// What has no name that is to be believed is called by its id, if it has one.
std::optional<std::string> NetworkNames::container_of(const CgroupFacts& facts) {
  if (!facts.container) return std::nullopt;
  if (auto name = containers_.name_of(facts)) return std::move(name->network);
  const bool has_id = is_container_id(*facts.container);
  std::string name = has_id ? facts.container->substr(0, kShortId) : *facts.container;
  if (const auto user = containers_.user_of(facts))
    name = fmt::format("user-{}:{}", user->value, name);
  else if (!has_id)
    return std::nullopt;
  return is_plain_name(name) ? std::optional(std::move(name)) : std::nullopt;
}

std::string NetworkNames::name_of(base::Netns netns, const NetworkReading& reading) {
  const CgroupFacts facts = parse_cgroup(reading.cgroup);
  if (auto name = container_of(facts)) return *std::move(name);
  if (const auto name = name_in(root_ + "/run/netns", netns)) return *name;
  const bool is_service = facts.unit && facts.unit->ends_with(".service") && !facts.user && !facts.container;
  return is_service && is_plain_name(*facts.unit) ? *facts.unit : model::nameless_network(netns);
}

std::string NetworkNames::name_of(base::Netns netns) const {
  return name_in(root_ + "/run/netns", netns).value_or(model::nameless_network(netns));
}

}  // namespace portwatch::sensor
