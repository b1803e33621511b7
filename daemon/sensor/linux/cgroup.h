// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which systemd unit and which container a process belongs to, from the text of /proc/PID/cgroup
// (cgroups(7)). The names of control groups are a convention: systemd.unit(5),
// https://systemd.io/CONTROL_GROUP_INTERFACE, and what the container engines do. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "common/base/strong_type.h"

namespace portwatch::sensor {

struct CgroupFacts {
  std::optional<std::string>
      unit;  ///< "nginx.service", "session-3.scope"; a user's own unit where there is one
  std::optional<std::string> container;      ///< the id that the engine shows, or the name for LXC and nspawn
  std::optional<std::string> login_session;  ///< the login manager's id

  /// Below whose service manager it is: that user may have chosen the names.
  std::optional<base::Uid> user;

  /// The folder in which the outermost container's group lies, in its hierarchy: "/system.slice", "" for the
  /// root; nothing: there is no container, or it is not told where.
  std::optional<std::string> container_folder;
  std::string container_hierarchy;  ///< of version 1: "systemd", "cpu,cpuacct"; empty: version 2
  bool is_nested = false;           ///< a container within a container
  bool is_pod = false;              ///< of Kubernetes

  bool operator==(const CgroupFacts&) const = default;
};

/// As engines number containers: 64 hexadecimal digits.
[[nodiscard]] bool is_container_id(std::string_view text);

/// Reads both hierarchies: "0::/path" (v2) and "N:controllers:/path" (v1).
[[nodiscard]] CgroupFacts parse_cgroup(std::string_view text);

}  // namespace portwatch::sensor
