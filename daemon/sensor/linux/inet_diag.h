// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is asked of sock_diag(7) for IPv4 and IPv6, and how its answers read (linux/inet_diag.h,
// net/ipv4/inet_diag.c). Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/net/endpoint.h"
#include "daemon/sensor/linux/netlink_message.h"
#include "daemon/sensor/linux/socket_row.h"

namespace portwatch::sensor {

/// Asks for listening TCP sockets, or for UDP sockets in the state "closed": those are the unconnected ones.
[[nodiscard]] std::vector<std::byte> encode_inet_request(net::Protocol protocol, net::Family family);

/// Asks for listening MPTCP sockets (linux/mptcp.h, since 5.18). An older kernel takes it for a question
/// about raw sockets that listen, of which there are none.
[[nodiscard]] std::vector<std::byte> encode_mptcp_request(net::Family family);

/// One answer. Nothing for what is not asked for: another state, no port, a connected UDP socket, an unknown
/// family, a message that is too short.
[[nodiscard]] std::optional<SocketRow> decode_inet_row(net::Protocol protocol, Bytes payload);

}  // namespace portwatch::sensor
