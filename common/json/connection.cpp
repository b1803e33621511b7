// SPDX-License-Identifier: Apache-2.0
// Connections to a listener, with who holds their ends, as JSON and back.

#include "common/json/fields.h"

namespace portwatch::json {
namespace {

Json encode_end(const net::Endpoint& end) {
  return Json::object({{"address", end.address.to_string()}, {"port", value(end.port)}});
}

net::Endpoint read_end(const Reader& at) {
  return {.protocol = net::Protocol::kTcp,
          .address = at.get<net::IpAddress>("address"),
          .port = at.get<base::Port>("port")};
}

Json encode_party(const model::Party& party) {
  Json json = Json::object();
  json["pid"] = party.process ? value(party.process->pid) : Json(nullptr);
  json["start_boot_us"] = party.process ? value(party.process->start) : Json(nullptr);
  json["program"] = text_or_null(party.program);
  json["uid"] = value_or_null(party.uid);
  json["user"] = text_or_null(party.user);
  return json;
}

}  // namespace

model::Party read(const Reader& at, std::type_identity<model::Party>) {
  model::Party party{.program = at.get_or<std::string>("program", {}),
                     .uid = at.optional<base::Uid>("uid"),
                     .user = at.get_or<std::string>("user", {})};
  if (at.has("pid"))
    party.process =
        model::ProcessKey{.pid = at.get<base::Pid>("pid"), .start = at.get<base::BootTime>("start_boot_us")};
  return party;
}

Json encode(const model::Connection& connection) {
  Json json = Json::object();
  json["local"] = encode_end(connection.local);
  json["peer"] = encode_end(connection.peer);
  json["peer_here"] = connection.is_peer_here;
  json["servers"] = array_of(connection.servers, encode_party);
  json["clients"] = array_of(connection.clients, encode_party);
  json["received_bytes"] = connection.received_bytes ? Json(*connection.received_bytes) : Json(nullptr);
  json["sent_bytes"] = connection.sent_bytes ? Json(*connection.sent_bytes) : Json(nullptr);
  return json;
}

model::Connection read(const Reader& at, std::type_identity<model::Connection>) {
  return {.local = read_end(at.field("local")),
          .peer = read_end(at.field("peer")),
          .is_peer_here = at.get<bool>("peer_here"),
          .servers = at.list<model::Party>("servers"),
          .clients = at.list<model::Party>("clients"),
          .received_bytes = at.optional<std::uint64_t>("received_bytes"),
          .sent_bytes = at.optional<std::uint64_t>("sent_bytes")};
}

}  // namespace portwatch::json
