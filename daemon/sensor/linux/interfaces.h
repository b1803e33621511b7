// SPDX-License-Identifier: Apache-2.0
#pragma once

// The machine's network interfaces with their addresses: getifaddrs(3), and /sys/class/net for what a bridge
// is joined to (Documentation/ABI/testing/sysfs-class-net).

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/host_facts.h"

namespace portwatch::sensor {

/// Sorted by name, addresses too. Empty when the system does not tell.
[[nodiscard]] std::vector<model::Interface> read_interfaces(const std::string& sys_class_net);

/// The name of an interface of our network namespace, by its index; "if7" when it is gone. 0: empty.
[[nodiscard]] std::string interface_name(std::uint32_t index);

/// Whether `bridge` is a bridge none of whose members leads off this machine. Members that are the other end
/// of a container's or a virtual machine's interface (veth, tap) do not.
[[nodiscard]] bool is_bridge_without_uplink(const std::string& sys_class_net, const std::string& bridge);

}  // namespace portwatch::sensor
