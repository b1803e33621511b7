// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/container_names.h"

#include <algorithm>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "daemon/sensor/linux/file_reader.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kLargestNote = std::size_t{1} << 20U;
constexpr std::size_t kLargestList = std::size_t{4} << 20U;

// Where the engines keep their notes, unless they are told otherwise.
constexpr const char* kDockerNotes[] = {
    "/var/lib/docker/containers/{}/config.v2.json",
    "/var/snap/docker/common/var-lib-docker/containers/{}/config.v2.json",
};
constexpr const char* kBundles[] = {
    "/run/containerd/io.containerd.runtime.v2.task/k8s.io/{}/config.json",
    "/run/containerd/io.containerd.runtime.v2.task/default/{}/config.json",
    "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/{}/config.json",
    "/run/containers/storage/overlay-containers/{}/userdata/config.json",
};
constexpr const char* kStorageLists[] = {
    "/var/lib/containers/storage/overlay-containers/containers.json",
    "/var/lib/containers/storage/vfs-containers/containers.json",
};
constexpr const char* kUnifiedMounts[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};

std::optional<base::Uid> owner_of(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  return base::Uid{status.st_uid};
}

}  // namespace

std::optional<ContainerName> ContainerNames::name_of(const CgroupFacts& facts) {
  if (!facts.container || facts.is_nested || facts.user || group_owner(facts) != options_.owner)
    return std::nullopt;
  if (!is_container_id(*facts.container)) {
    if (!is_plain_name(*facts.container)) return std::nullopt;
    return ContainerName{.container = *facts.container, .network = *facts.container};
  }
  const base::BootTime now = options_.now();
  if (const auto known = known_.find(*facts.container); known != known_.end() && known->second.until > now)
    return known->second.name;
  if (known_.size() >= kMostKnown && !known_.contains(*facts.container))
    known_.erase(std::ranges::min_element(known_, {}, [](const auto& one) { return one.second.until; }));
  auto name = read(*facts.container);
  const base::BootTime until = now + (name ? kKnownFor : kUnknownFor);
  known_.insert_or_assign(*facts.container, Known{.name = name, .until = until});
  return name;
}

std::optional<base::Uid> ContainerNames::user_of(const CgroupFacts& facts) const {
  if (facts.user) return facts.user;
  const auto owner = group_owner(facts);
  return owner != options_.owner ? owner : std::nullopt;
}

/// Who may have made the group: whose the folder is in which it lies.
std::optional<base::Uid> ContainerNames::group_owner(const CgroupFacts& facts) const {
  if (!facts.container_folder) return std::nullopt;
  const std::string& hierarchy = facts.container_hierarchy;
  if (!hierarchy.empty())
    return owner_of(options_.root + "/sys/fs/cgroup/" + hierarchy + *facts.container_folder);
  for (const char* const mount : kUnifiedMounts)
    if (const auto owner = owner_of(options_.root + mount + *facts.container_folder)) return owner;
  return std::nullopt;
}

std::optional<std::string> ContainerNames::read_note(const std::string& path, std::size_t limit) const {
  auto text = read_file_of(options_.owner, options_.root + path, limit);
  return text ? std::optional(*std::move(text)) : std::nullopt;
}

std::optional<ContainerName> ContainerNames::read(const std::string& id) const {
  for (const char* const path : kDockerNotes)
    if (const auto note = read_note(fmt::format(fmt::runtime(path), id), kLargestNote))
      if (auto name = docker_name(*note)) return name;
  for (const char* const path : kBundles)
    if (const auto note = read_note(fmt::format(fmt::runtime(path), id), kLargestNote))
      if (auto name = bundle_name(*note)) return name;
  for (const char* const path : kStorageLists)
    if (const auto list = read_note(path, kLargestList))
      if (auto name = storage_name(*list, id)) return name;
  return std::nullopt;
}

}  // namespace portwatch::sensor
