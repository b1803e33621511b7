// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the machine is like around the sockets; refreshed while the daemon runs.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/strong_type.h"
#include "common/net/ip_address.h"

namespace portwatch::model {

struct PortRange {
  base::Port first;
  base::Port last;  ///< inclusive

  [[nodiscard]] bool contains(base::Port port) const { return first <= port && port <= last; }
  bool operator==(const PortRange&) const = default;
};

struct Interface {
  std::string name;
  bool is_loopback = false;
  bool is_bridge_without_uplink =
      false;  ///< a bridge to which no physical device belongs: this host alone is behind it
  std::vector<net::IpAddress> addresses;

  bool operator==(const Interface&) const = default;
};

struct HostFacts {
  std::string boot_id;  ///< /proc/sys/kernel/random/boot_id, a UUID
  std::optional<std::string>
      machine_hash;   ///< a keyed hash of the machine id, as machine-id(5) asks for; never the id
  base::Netns netns;  ///< the namespace that is watched
  bool is_initial_pid_namespace = true;                           ///< false: processes outside are invisible
  PortRange dynamic_ports{base::Port{32768}, base::Port{60999}};  ///< where the kernel chooses from (ip(7))
  std::vector<Interface> interfaces;

  bool operator==(const HostFacts&) const = default;
};

using HostFactsRef = std::shared_ptr<const HostFacts>;

}  // namespace portwatch::model
