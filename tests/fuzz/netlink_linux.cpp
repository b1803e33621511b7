// SPDX-License-Identifier: Apache-2.0
// A datagram of sock_diag: whatever it holds, it is read to its end, within its bounds, and a row says only
// what was asked for.
#include <algorithm>
#include <vector>

#include <linux/netlink.h>

#include "daemon/sensor/linux/inet_diag.h"
#include "daemon/sensor/linux/netlink_message.h"
#include "tests/fuzz/target.h"

namespace portwatch::fuzz {
namespace {

using sensor::Bytes;

bool is_within(Bytes part, Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void read_attributes(Bytes payload) {
  Bytes rest = payload;
  std::size_t count = 0;
  while (const auto attribute = sensor::take_attribute(rest)) {
    ++count;
    PW_ASSERT(is_within(attribute->value, payload));
  }
  PW_ASSERT(count <= payload.size() / sizeof(nlattr));
}

void read_row(net::Protocol protocol, Bytes payload) {
  const auto row = sensor::decode_inet_row(protocol, payload);
  if (!row) return;
  PW_ASSERT(row->endpoint.protocol == protocol);
  PW_ASSERT(row->endpoint.port != base::Port{0});
  PW_ASSERT(row->id.kind == model::SocketId::Kind::kCookie);
  PW_ASSERT(!row->is_v6only || row->endpoint.address.is_wildcard());
  PW_ASSERT(sensor::decode_inet_row(protocol, payload) == row);
}

void read_port_row(net::Protocol protocol, Bytes payload) {
  const auto row = sensor::decode_port_row(protocol, payload);
  if (!row) return;
  PW_ASSERT(row->socket.endpoint.protocol == protocol);
  PW_ASSERT(row->socket.endpoint.port != base::Port{0});
  PW_ASSERT(sensor::decode_port_row(protocol, payload) == row);
}

}  // namespace

void netlink(std::string_view input) {
  const Bytes datagram = std::as_bytes(std::span(input));
  Bytes rest = datagram;
  bool is_malformed = false;
  std::size_t count = 0;
  while (const auto message = sensor::take_message(rest, is_malformed)) {
    ++count;
    PW_ASSERT(!is_malformed && is_within(message->payload, datagram));
    read_attributes(message->payload);
    const auto connection = sensor::decode_connection_row(message->payload);
    PW_ASSERT(sensor::decode_connection_row(message->payload) == connection);
    for (const auto protocol : {net::Protocol::kTcp, net::Protocol::kUdp}) {
      read_row(protocol, message->payload);
      read_port_row(protocol, message->payload);
    }
  }
  PW_ASSERT(rest.empty());
  PW_ASSERT(count <= datagram.size() / sizeof(nlmsghdr));
  PW_ASSERT(datagram.empty() || count > 0 || is_malformed);
}

}  // namespace portwatch::fuzz
