// SPDX-License-Identifier: Apache-2.0
#pragma once

// What people call a network namespace: by the container that lives there, by the name that ip-netns(8) gave
// it, or by the unit. A name is told only when it is plain: it stands in log lines and on terminals.
//
// Names of control groups below a user's own manager are that user's choice: a container there is called
// "user-1000:NAME", and a unit there names no network. A folder for ip-netns(8) that is not root's is not
// looked into.

#include <string>
#include <string_view>
#include <utility>

#include "common/base/strong_type.h"
#include "daemon/sensor/linux/network_reader.h"

namespace portwatch::sensor {

/// Thread: one at a time.
class NetworkNames {
 public:
  /// `root` stands before /run/netns; empty: the system's.
  explicit NetworkNames(std::string root) : root_(std::move(root)) {}

  /// Of an inhabitant.
  [[nodiscard]] std::string name_of(base::Netns netns, const NetworkReading& reading) const;
  /// Nobody who lives there is known.
  [[nodiscard]] std::string name_of(base::Netns netns) const;

 private:
  std::string root_;
};

/// Letters, digits and -_.:@\ alone, at most 128.
[[nodiscard]] bool is_plain_name(std::string_view name);

}  // namespace portwatch::sensor
