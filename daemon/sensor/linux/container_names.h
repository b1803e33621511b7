// SPDX-License-Identifier: Apache-2.0
#pragma once

// What containers are called, by the notes of the engines that run them: docker, podman, containerd, CRI-O.
//
// A control group says which container a process is in, and who may make control groups can look like one. A
// name is told when all of this holds: the folder in which the container's group lies is root's, so that root
// made the group; it is not within another container, which may make groups of its own; and the note is a
// file of root's that nobody else can write. Names of LXC and nspawn are names of groups, and told by the
// first two. Containers of users (podman without root) are told by their ids, and whose they are.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/base/strong_type.h"
#include "common/base/time.h"
#include "daemon/sensor/linux/cgroup.h"
#include "daemon/sensor/linux/container_files.h"

namespace portwatch::sensor {

/// Thread: one at a time. Blocks on files of the engines.
class ContainerNames {
 public:
  struct Options {
    std::string root = {};  ///< stands before all folders; empty: the system's
    base::Uid owner{0};     ///< whose files are believed
    std::function<base::BootTime()> now;
  };

  /// A name is asked for again after so long, and one that was not there.
  static constexpr base::Micros kKnownFor = std::chrono::seconds{30};
  static constexpr base::Micros kUnknownFor = std::chrono::seconds{2};
  static constexpr std::size_t kMostKnown = 1024;

  explicit ContainerNames(Options options) : options_(std::move(options)) {}

  /// As the engine calls it; nothing when it does not say, or is not to be believed.
  [[nodiscard]] std::optional<ContainerName> name_of(const CgroupFacts& facts);

  /// Which user chose what the group is called; nothing: root, or it is not known.
  [[nodiscard]] std::optional<base::Uid> user_of(const CgroupFacts& facts) const;

 private:
  struct Known {
    std::optional<ContainerName> name;
    base::BootTime until;
  };

  [[nodiscard]] std::optional<ContainerName> read(const std::string& id) const;
  [[nodiscard]] std::optional<std::string> read_note(const std::string& path, std::size_t limit) const;
  [[nodiscard]] std::optional<base::Uid> group_owner(const CgroupFacts& facts) const;

  Options options_;
  std::unordered_map<std::string, Known> known_;
};

}  // namespace portwatch::sensor
