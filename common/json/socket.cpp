// SPDX-License-Identifier: Apache-2.0
// A socket record as JSON and back: its fields stand among those of what it belongs to.

#include "common/json/fields.h"

namespace portwatch::json {

Json value(const model::SocketId& id) {
  return Json::object({{"kind", value(id.kind)}, {"value", id.value}});
}

model::SocketId read(const Reader& at, std::type_identity<model::SocketId>) {
  return {.kind = at.get<model::SocketId::Kind>("kind"), .value = at.get<std::uint64_t>("value")};
}

net::IpAddress read(const Reader& at, std::type_identity<net::IpAddress>) {
  const auto address = net::IpAddress::parse(at.as<std::string>());
  at.expect(address.has_value(), "an IPv4 or IPv6 address");
  return address.value_or(net::IpAddress{});
}

void put(Json& object, const model::SocketRecord& socket) {
  object["protocol"] = value(socket.endpoint.protocol);
  object["family"] = value(socket.endpoint.address.family());
  object["address"] = socket.endpoint.address.to_string();
  object["port"] = value(socket.endpoint.port);
  object["device"] = text_or_null(socket.device);
  object["namespace"] = value(socket.netns);
  object["network"] = text_or_null(socket.network);
  object["v6only"] = value_or_null(socket.is_v6only);
  object["socket"] = value(socket.id);
  object["inode"] = socket.inode;
  object["socket_uid"] = value(socket.uid);
  object["mptcp"] = socket.is_mptcp;
  object["bind_intent"] = value(socket.bind_intent);
}

model::SocketRecord read(const Reader& at, std::type_identity<model::SocketRecord>) {
  model::SocketRecord socket;
  socket.netns = at.get<base::Netns>("namespace");
  socket.id = at.get<model::SocketId>("socket");
  socket.inode = at.get<std::uint64_t>("inode");
  socket.endpoint = {.protocol = at.get<net::Protocol>("protocol"),
                     .address = at.get<net::IpAddress>("address"),
                     .port = at.get<base::Port>("port")};
  socket.is_v6only = at.optional<bool>("v6only");
  socket.device = at.get_or<std::string>("device", {});
  socket.network = at.get_or<std::string>("network", {});
  socket.uid = at.get<base::Uid>("socket_uid");
  socket.bind_intent = at.get<model::BindIntent>("bind_intent");
  socket.is_mptcp = at.get<bool>("mptcp");
  return socket;
}

}  // namespace portwatch::json
