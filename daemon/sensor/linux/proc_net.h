// SPDX-License-Identifier: Apache-2.0
#pragma once

// The text of /proc/net/{tcp,tcp6,udp,udp6} (proc(5), net/ipv4/tcp_ipv4.c): the last resort. It has no
// cookies, so that a socket is named by its inode; it shows connections too. Pure.

#include <optional>
#include <string_view>

#include "daemon/sensor/linux/socket_row.h"

namespace portwatch::sensor {

/// The address as the kernel prints it: 8 or 32 hex digits, in words of four octets, each in the host's byte
/// order.
[[nodiscard]] std::optional<net::IpAddress> parse_proc_address(std::string_view hex);

/// One line. Nothing for the headline, for what neither listens nor is bound and unconnected, and for what
/// does not read. A row without an inode is named by its endpoint, in a range that inodes do not reach.
[[nodiscard]] std::optional<SocketRow> parse_proc_net_line(net::Protocol protocol, std::string_view line);

}  // namespace portwatch::sensor
