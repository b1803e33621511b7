// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/inet_diag.h"

#include <array>
#include <bit>
#include <cstring>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace portwatch::sensor {
namespace {

/// Where tcp_info has tcpi_bytes_acked and tcpi_bytes_received, in linux/tcp.h, which cannot be included
/// beside netinet/tcp.h.
constexpr std::size_t kBytesAcked = 120;
constexpr std::size_t kBytesReceived = 128;

constexpr std::uint32_t kMptcpProtocol = 262;  // IPPROTO_MPTCP; the field of the request has 8 bits

constexpr std::uint8_t state_of(net::Protocol protocol) {
  return protocol == net::Protocol::kTcp ? std::uint8_t{TCP_LISTEN} : std::uint8_t{TCP_CLOSE};
}

inet_diag_req_v2 make_request(net::Family family, std::uint8_t protocol, std::uint8_t state) {
  inet_diag_req_v2 request{};
  request.sdiag_family = family == net::Family::kIpv4 ? AF_INET : AF_INET6;
  request.sdiag_protocol = protocol;
  request.idiag_states = 1U << state;
  return request;
}

template <class T>
void append(std::vector<std::byte>& bytes, const T& value) {
  const std::size_t before = bytes.size();
  bytes.resize(before + sizeof value);
  std::memcpy(bytes.data() + before, &value, sizeof value);
}

constexpr std::uint16_t from_network(std::uint16_t value) {
  if constexpr (std::endian::native == std::endian::little)
    return static_cast<std::uint16_t>(value << 8 | value >> 8);
  return value;
}

std::optional<net::IpAddress> address_of(std::uint8_t family, const std::uint32_t (&words)[4]) {
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), words, sizeof words);
  if (family == AF_INET6) return net::IpAddress::v6(octets);
  if (family == AF_INET) return net::IpAddress::v4({octets[0], octets[1], octets[2], octets[3]});
  return std::nullopt;
}

std::optional<SocketRow> read_row(const inet_diag_msg& message, net::Protocol protocol, Bytes payload) {
  const auto address = address_of(message.idiag_family, message.id.idiag_src);
  const base::Port port{from_network(message.id.idiag_sport)};
  if (!address || port == base::Port{0}) return std::nullopt;

  SocketRow row;
  row.id = {model::SocketId::Kind::kCookie,
            std::uint64_t{message.id.idiag_cookie[1]} << 32U | message.id.idiag_cookie[0]};
  row.inode = message.idiag_inode;
  row.endpoint = {.protocol = protocol, .address = *address, .port = port};
  row.uid = base::Uid{message.idiag_uid};
  row.device_index = message.id.idiag_if;

  if (address->family() == net::Family::kIpv6 && address->is_wildcard()) {
    Bytes attributes = payload.subspan(sizeof(inet_diag_msg));
    while (const auto attribute = take_attribute(attributes)) {
      if (attribute->type != INET_DIAG_SKV6ONLY) continue;
      if (const auto value = load<std::uint8_t>(attribute->value)) row.is_v6only = *value != 0;
    }
  }
  return row;
}

constexpr std::uint8_t kBoundInactive = 13;  // TCP_BOUND_INACTIVE, since 6.8: bound, and nothing else

model::HolderKind kind_of(const inet_diag_msg& message, net::Protocol protocol) {
  if (protocol == net::Protocol::kUdp)
    return message.id.idiag_dport == 0 ? model::HolderKind::kListener : model::HolderKind::kConnection;
  switch (message.idiag_state) {
    case TCP_LISTEN: return model::HolderKind::kListener;
    case TCP_CLOSE:
    case kBoundInactive: return model::HolderKind::kBound;
    case TCP_TIME_WAIT: return model::HolderKind::kTimeWait;
    default: return model::HolderKind::kConnection;
  }
}

}  // namespace

DiagRequest tcp_request() {
  inet_diag_req request{};
  request.idiag_family = AF_UNSPEC;
  request.idiag_states = 1U << state_of(net::Protocol::kTcp);
  DiagRequest result{.type = TCPDIAG_GETSOCK};
  append(result.payload, request);
  return result;
}

DiagRequest udp_request(net::Family family) {
  DiagRequest result{.type = SOCK_DIAG_BY_FAMILY};
  append(result.payload, make_request(family, IPPROTO_UDP, state_of(net::Protocol::kUdp)));
  return result;
}

DiagRequest mptcp_request(net::Family family) {
  DiagRequest result{.type = SOCK_DIAG_BY_FAMILY};
  append(result.payload, make_request(family, IPPROTO_RAW, TCP_LISTEN));
  append(result.payload,
         nlattr{.nla_len = sizeof(nlattr) + sizeof kMptcpProtocol, .nla_type = INET_DIAG_REQ_PROTOCOL});
  append(result.payload, kMptcpProtocol);
  return result;
}

DiagRequest tcp_port_request(base::Port port, bool is_listening) {
  inet_diag_req request{};
  request.idiag_family = AF_UNSPEC;
  request.id.idiag_sport = from_network(port.value);
  request.idiag_states = is_listening ? 1U << TCP_LISTEN : ~(1U << TCP_LISTEN);
  DiagRequest result{.type = TCPDIAG_GETSOCK};
  append(result.payload, request);
  return result;
}

DiagRequest udp_port_request(net::Family family, base::Port port) {
  inet_diag_req_v2 request = make_request(family, IPPROTO_UDP, 0);
  request.idiag_states = ~0U;
  request.id.idiag_sport = from_network(port.value);
  DiagRequest result{.type = SOCK_DIAG_BY_FAMILY};
  append(result.payload, request);
  return result;
}

std::optional<SocketRow> decode_inet_row(net::Protocol protocol, Bytes payload) {
  const auto message = load<inet_diag_msg>(payload);
  if (!message || message->idiag_state != state_of(protocol) || message->id.idiag_dport != 0)
    return std::nullopt;
  return read_row(*message, protocol, payload);
}

std::optional<PortRow> decode_port_row(net::Protocol protocol, Bytes payload) {
  const auto message = load<inet_diag_msg>(payload);
  if (!message) return std::nullopt;
  auto socket = read_row(*message, protocol, payload);
  if (!socket) return std::nullopt;
  return PortRow{.socket = *std::move(socket), .kind = kind_of(*message, protocol)};
}

DiagRequest connections_request(base::Port port, PortSide side) {
  inet_diag_req request{};
  request.idiag_family = AF_UNSPEC;
  request.idiag_states = 1U << TCP_ESTABLISHED;
  request.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  (side == PortSide::kLocal ? request.id.idiag_sport : request.id.idiag_dport) = from_network(port.value);
  DiagRequest result{.type = TCPDIAG_GETSOCK};
  append(result.payload, request);
  return result;
}

std::optional<ConnectionRow> decode_connection_row(Bytes payload) {
  const auto message = load<inet_diag_msg>(payload);
  if (!message || message->idiag_state != TCP_ESTABLISHED) return std::nullopt;
  const auto local = address_of(message->idiag_family, message->id.idiag_src);
  const auto peer = address_of(message->idiag_family, message->id.idiag_dst);
  if (!local || !peer) return std::nullopt;
  const auto end = [](const net::IpAddress& address, std::uint16_t port) {
    return net::Endpoint{
        .protocol = net::Protocol::kTcp, .address = address, .port = base::Port{from_network(port)}};
  };
  ConnectionRow row{.local = end(*local, message->id.idiag_sport),
                    .peer = end(*peer, message->id.idiag_dport),
                    .inode = message->idiag_inode};
  Bytes attributes = payload.subspan(sizeof(inet_diag_msg));
  while (const auto attribute = take_attribute(attributes)) {
    if (attribute->type != INET_DIAG_INFO) continue;
    // An older kernel tells the beginning of it.
    const auto number = [&](std::size_t offset) -> std::optional<std::uint64_t> {
      if (attribute->value.size() < offset + sizeof(std::uint64_t)) return std::nullopt;
      return load<std::uint64_t>(attribute->value.subspan(offset));
    };
    row.sent_bytes = number(kBytesAcked);
    row.received_bytes = number(kBytesReceived);
  }
  return row;
}

}  // namespace portwatch::sensor
