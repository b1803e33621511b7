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
#include "daemon/sensor/linux/cgroup.h"
#include "daemon/sensor/linux/directory_reader.h"
#include "daemon/sensor/linux/file_reader.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kLongestName = 128;
constexpr std::size_t kShortId = 12;  ///< as the engines show it
constexpr std::size_t kDirectoryBuffer = 8192;
constexpr std::size_t kMostNamesSearched = 4096;

/// Of an engine's id, what it shows; LXC and nspawn have names. Empty: it is none to be told.
std::string container_name(const std::string& container, std::optional<base::Uid> user) {
  constexpr std::size_t kId = 64;
  std::string name = container.size() == kId ? container.substr(0, kShortId) : container;
  if (user) name = fmt::format("user-{}:{}", user->value, name);
  return is_plain_name(name) ? name : std::string();
}

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

bool is_plain_name(std::string_view name) {
  constexpr std::string_view kSigns = "-_.:@\\";
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSigns.find(c) != std::string_view::npos;
  });
}

std::string NetworkNames::name_of(base::Netns netns, const NetworkReading& reading) const {
  const CgroupFacts facts = parse_cgroup(reading.cgroup);
  if (facts.container)
    if (std::string name = container_name(*facts.container, facts.user); !name.empty()) return name;
  if (const auto name = name_in(root_ + "/run/netns", netns)) return *name;
  const bool is_service = facts.unit && facts.unit->ends_with(".service") && !facts.user;
  return is_service && is_plain_name(*facts.unit) ? *facts.unit : model::nameless_network(netns);
}

std::string NetworkNames::name_of(base::Netns netns) const {
  return name_in(root_ + "/run/netns", netns).value_or(model::nameless_network(netns));
}

}  // namespace portwatch::sensor
