// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is asked of sock_diag(7) for IPv4 and IPv6, and how its answers read (linux/inet_diag.h,
// net/ipv4/inet_diag.c). Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/model/conflict.h"
#include "common/net/endpoint.h"
#include "daemon/sensor/linux/netlink_message.h"
#include "daemon/sensor/linux/socket_row.h"

namespace portwatch::sensor {

struct DiagRequest {
  std::uint16_t type = 0;  ///< of the netlink message
  std::vector<std::byte> payload;
};

/// Asks for listening TCP sockets of both families. The older form of the question (TCPDIAG_GETSOCK) is the
/// one that allows it: asking for each family alone makes the kernel go through all sockets twice.
[[nodiscard]] DiagRequest tcp_request();

/// Asks for UDP sockets in the state "closed": those are the unconnected ones.
[[nodiscard]] DiagRequest udp_request(net::Family family);

/// Asks for listening MPTCP sockets (linux/mptcp.h, since 5.18). An older kernel takes it for a question
/// about raw sockets that listen, of which there are none.
[[nodiscard]] DiagRequest mptcp_request(net::Family family);

/// Ask for all sockets of one local port, whatever their state; of TCP for those that listen alone, or for
/// all others. The kernel leaves out other ports by itself.
[[nodiscard]] DiagRequest tcp_port_request(base::Port port, bool is_listening);
[[nodiscard]] DiagRequest udp_port_request(net::Family family, base::Port port);

/// One answer. Nothing for what is not asked for: another state, no port, a connected UDP socket, an unknown
/// family, a message that is too short.
[[nodiscard]] std::optional<SocketRow> decode_inet_row(net::Protocol protocol, Bytes payload);

/// Which end of a connection has the port that is asked for.
enum class PortSide : std::uint8_t { kLocal, kPeer };

/// Asks for established TCP connections of both families. The kernel leaves out other ports by itself.
[[nodiscard]] DiagRequest connections_request(base::Port port, PortSide side);

/// One end of a connection.
struct ConnectionRow {
  net::Endpoint local;
  net::Endpoint peer;
  std::uint64_t inode = 0;  ///< 0: no file, since it is not accepted yet, or not any more
  /// As in model::Connection, of this end.
  std::optional<std::uint64_t> received_bytes;
  std::optional<std::uint64_t> sent_bytes;

  bool operator==(const ConnectionRow&) const = default;
};

/// One answer. Nothing for another state, and what cannot be read.
[[nodiscard]] std::optional<ConnectionRow> decode_connection_row(Bytes payload);

/// A socket that has a port, in any state.
struct PortRow {
  SocketRow socket;
  model::HolderKind kind = model::HolderKind::kListener;

  bool operator==(const PortRow&) const = default;
};

/// One answer to those that ask for a port. Nothing for one without a port, and what cannot be read.
[[nodiscard]] std::optional<PortRow> decode_port_row(net::Protocol protocol, Bytes payload);

}  // namespace portwatch::sensor
