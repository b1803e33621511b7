// SPDX-License-Identifier: Apache-2.0
// Listeners in brief, alike ones together, as JSON and back.

#include <algorithm>

#include "common/json/fields.h"
#include "common/model/alike_listeners.h"

namespace portwatch::json {
namespace {

/// An owner with what a table shows of it.
struct BriefOwner {
  model::ProcessRef process;
};

Json encode_owner(const model::ProcessRef& owner) {
  Json json = Json::object();
  json["pid"] = value(owner->key.pid);
  json["start_boot_us"] = value(owner->key.start);
  json["name"] = text_or_null(owner->name);
  json["uid"] = value_or_null(owner->uid);
  json["user"] = value_or_null(owner->user);
  json["unit"] = value_or_null(owner->unit);
  return json;
}

BriefOwner read(const Reader& at, std::type_identity<BriefOwner>) {
  model::Process owner;
  owner.key = {.pid = at.get<base::Pid>("pid"), .start = at.get<base::BootTime>("start_boot_us")};
  owner.name = at.get_or<std::string>("name", {});
  owner.uid = at.optional<base::Uid>("uid");
  owner.user = at.optional<std::string>("user");
  owner.unit = at.optional<std::string>("unit");
  return {std::make_shared<const model::Process>(std::move(owner))};
}

}  // namespace

Json encode(const model::AlikeListeners& entry) {
  const model::Listener& common = entry.common;
  const model::SocketRecord& socket = common.socket;
  Json json = Json::object();
  json["protocol"] = value(socket.endpoint.protocol);
  json["address"] = socket.endpoint.address.to_string();
  json["device"] = text_or_null(socket.device);
  json["namespace"] = value(socket.netns);
  json["network"] = text_or_null(socket.network);
  json["v6only"] = value_or_null(socket.is_v6only);
  json["socket_uid"] = value(socket.uid);
  json["exposure"] = value(common.exposure);
  json["owners"] = array_of(common.owners, encode_owner);
  json["owners_left_out"] = common.owners_left_out;
  json["program"] = text_or_null(common.program.label);
  json["program_kind"] = value(common.program.kind);
  json["program_id"] = text_or_null(common.program.id);
  json["user"] = value(std::string_view(common.service.user));
  json["attribution"] = value(common.attribution);
  json["verdict"] = value(common.verdict);
  json["unwatched_since"] = value_or_null(common.unwatched_since);
  json["redacted"] = array_of(common.redacted);
  json["opened_precision"] = value(common.opened.precision);
  json["ports"] = array_of(entry.ports, [](base::Port port) { return value(port); });
  json["opened_at"] = array_of(entry.opened_at, [](base::UtcTime time) { return value(time); });
  return json;
}

model::AlikeListeners read(const Reader& at, std::type_identity<model::AlikeListeners>) {
  model::AlikeListeners entry;
  model::Listener& common = entry.common;
  model::SocketRecord& socket = common.socket;
  socket.netns = at.get<base::Netns>("namespace");
  socket.endpoint.protocol = at.get<net::Protocol>("protocol");
  socket.endpoint.address = at.get<net::IpAddress>("address");
  socket.is_v6only = at.optional<bool>("v6only");
  socket.device = at.get_or<std::string>("device", {});
  socket.network = at.get_or<std::string>("network", {});
  socket.uid = at.get<base::Uid>("socket_uid");
  common.exposure = at.get<model::Exposure>("exposure");
  for (BriefOwner& owner : at.list<BriefOwner>("owners")) common.owners.push_back(std::move(owner.process));
  common.owners_left_out = at.optional<std::uint64_t>("owners_left_out").value_or(0);
  common.attribution = at.get<model::Attribution>("attribution");
  common.program = {.kind = at.get<model::ProgramKind>("program_kind"),
                    .id = at.get_or<std::string>("program_id", {}),
                    .label = at.get_or<std::string>("program", {})};
  common.service.user = at.get<std::string>("user");
  common.verdict = at.get<model::Verdict>("verdict");
  common.unwatched_since = at.optional<base::UtcTime>("unwatched_since");
  common.redacted = at.list<std::string>("redacted");
  common.opened.precision = at.get<model::Precision>("opened_precision");
  entry.ports = at.list<base::Port>("ports");
  entry.opened_at = at.list<base::UtcTime>("opened_at");
  at.field("opened_at").expect(entry.ports.size() == entry.opened_at.size(), "as many as the ports");
  // Each port will name all owners.
  constexpr std::size_t kMostNamed = 1U << 24U;
  at.field("owners").expect(common.owners.size() <= kMostNamed / std::max<std::size_t>(entry.ports.size(), 1),
                            "fewer, for so many ports");
  return entry;
}

template <>
base::Result<model::AlikeListeners> decode(const Json& json) {
  return decode_by_reading<model::AlikeListeners>(json);
}

}  // namespace portwatch::json
