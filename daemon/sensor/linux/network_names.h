// SPDX-License-Identifier: Apache-2.0
#pragma once

// What people call a network namespace: by the container that lives there, by the name that ip-netns(8) gave
// it, or by the unit. A name is told only when it is plain: it stands in log lines and on terminals.
//
// Names of control groups that a user may make are that user's choice: a container there is called
// "user-1000:NAME", and a unit there names no network. A folder for ip-netns(8) that is not root's is not
// looked into.

#include <optional>
#include <string>
#include <utility>

#include "common/base/strong_type.h"
#include "daemon/sensor/linux/cgroup.h"
#include "daemon/sensor/linux/container_names.h"
#include "daemon/sensor/linux/network_reader.h"

namespace portwatch::sensor {

/// Thread: one at a time.
class NetworkNames {
 public:
  /// `root` stands before /run/netns; empty: the system's.
  NetworkNames(std::string root, ContainerNames containers)
      : root_(std::move(root)), containers_(std::move(containers)) {}

  /// Of an inhabitant.
  [[nodiscard]] std::string name_of(base::Netns netns, const NetworkReading& reading);
  /// Nobody who lives there is known.
  [[nodiscard]] std::string name_of(base::Netns netns) const;

 private:
  [[nodiscard]] std::optional<std::string> container_of(const CgroupFacts& facts);

  std::string root_;
  ContainerNames containers_;
};

}  // namespace portwatch::sensor
