// SPDX-License-Identifier: Apache-2.0
// A listener with its key, socket and times as JSON and back.

#include <algorithm>

#include "common/json/fields.h"

namespace portwatch::json {

Json value(const model::ListenerKey& key) {
  return Json::object({{"boot_id", value(std::string_view(key.boot_id))},
                       {"namespace", value(key.netns)},
                       {"socket", value(key.socket)},
                       {"generation", key.generation}});
}

model::ListenerKey read(const Reader& at, std::type_identity<model::ListenerKey>) {
  return {.boot_id = at.get<std::string>("boot_id"),
          .netns = at.get<base::Netns>("namespace"),
          .socket = at.get<model::SocketId>("socket"),
          .generation = at.get<std::int64_t>("generation")};
}

Json value(const model::ServiceKey& key) {
  return Json::object({{"scheme", key.scheme},
                       {"protocol", value(key.protocol)},
                       {"exposure", value(key.exposure)},
                       {"port", value_or_null(key.port)},
                       {"program_kind", value(key.program_kind)},
                       {"program", text_or_null(key.program)},
                       {"user", value(std::string_view(key.user))}});
}

model::ServiceKey read(const Reader& at, std::type_identity<model::ServiceKey>) {
  return {.scheme = at.get<int>("scheme"),
          .protocol = at.get<net::Protocol>("protocol"),
          .exposure = at.get<model::Exposure>("exposure"),
          .port = at.optional<base::Port>("port"),
          .program_kind = at.get<model::ProgramKind>("program_kind"),
          .program = at.get_or<std::string>("program", {}),
          .user = at.get<std::string>("user")};
}

Json value(const model::Ending& ending) {
  const bool is_exited = ending.cause == model::EndCause::kExited;
  return Json::object({{"cause", value(ending.cause)},
                       {"pid", value_or_null(ending.pid)},
                       {"exit_status", is_exited ? Json(ending.exit_status) : Json(nullptr)},
                       {"signal", text_or_null(ending.signal)},
                       {"core_dumped", ending.has_core}});
}

model::Ending read(const Reader& at, std::type_identity<model::Ending>) {
  return {.cause = at.get<model::EndCause>("cause"),
          .pid = at.optional<base::Pid>("pid"),
          .exit_status = at.get_or<std::uint8_t>("exit_status", 0),
          .signal = at.get_or<std::string>("signal", {}),
          .has_core = at.get_or<bool>("core_dumped", false)};
}

void put(Json& object, const EventTimeNames& names, const std::optional<model::EventTime>& time) {
  object[names.at] = time ? value(time->at) : Json(nullptr);
  object[names.earliest] = time ? value_or_null(time->earliest) : Json(nullptr);
  object[names.precision] = time ? value(time->precision) : Json(nullptr);
  object[names.boot] = time ? value(time->boot) : Json(nullptr);
}

model::EventTime read_time(const Reader& at, const EventTimeNames& names) {
  return {.at = at.get<base::UtcTime>(names.at),
          .earliest = at.optional<base::UtcTime>(names.earliest),
          .boot = at.get<base::BootTime>(names.boot),
          .precision = at.get<model::Precision>(names.precision)};
}

Json encode(const model::Listener& listener) {
  const auto is_redacted = [&](std::string_view name) {
    return std::ranges::find(listener.redacted, name) != listener.redacted.end();
  };
  const bool are_owners_hidden = listener.owners.empty() && is_redacted("owners");
  Json json = Json::object();
  json["id"] = value(std::string_view(listener.key.to_string()));
  json["key"] = value(listener.key);
  put(json, listener.socket);
  json["exposure"] = value(listener.exposure);
  put(json, kOpenedTime, listener.opened);
  put(json, kClosedTime, listener.closed);
  const bool has_ending = listener.closed && !is_redacted("ending");
  json["ending"] = has_ending ? value(listener.ending) : Json(nullptr);
  json["unwatched_since"] = value_or_null(listener.unwatched_since);
  json["owners"] = are_owners_hidden ? Json(nullptr) : array_of(listener.owners);
  json["owners_left_out"] = listener.owners_left_out;
  json["program"] = text_or_null(listener.program.label);
  json["program_kind"] = value(listener.program.kind);
  json["program_id"] = text_or_null(listener.program.id);
  json["service"] = value(listener.service);
  json["class"] = value(listener.listener_class);
  json["attribution"] = value(listener.attribution);
  json["verdict"] = value(listener.verdict);
  json["redacted"] = array_of(listener.redacted);
  return json;
}

model::Listener read(const Reader& at, std::type_identity<model::Listener>) {
  model::Listener listener;
  listener.key = at.get<model::ListenerKey>("key");
  listener.socket = at.as<model::SocketRecord>();
  listener.exposure = at.get<model::Exposure>("exposure");
  listener.owners = at.list_or_empty<model::ProcessRef>("owners");
  listener.owners_left_out = at.optional<std::uint64_t>("owners_left_out").value_or(0);
  listener.attribution = at.get<model::Attribution>("attribution");
  listener.program = {.kind = at.get<model::ProgramKind>("program_kind"),
                      .id = at.get_or<std::string>("program_id", {}),
                      .label = at.get_or<std::string>("program", {})};
  listener.service = at.get<model::ServiceKey>("service");
  listener.listener_class = at.get<model::ListenerClass>("class");
  listener.verdict = at.get<model::Verdict>("verdict");
  listener.opened = read_time(at, kOpenedTime);
  if (at.has(kClosedTime.at)) listener.closed = read_time(at, kClosedTime);
  listener.ending = at.get_or<model::Ending>("ending", {});
  listener.unwatched_since = at.optional<base::UtcTime>("unwatched_since");
  listener.redacted = at.list_or_empty<std::string>("redacted");
  return listener;
}

model::ListenerRef read(const Reader& at, std::type_identity<model::ListenerRef>) {
  return std::make_shared<const model::Listener>(at.as<model::Listener>());
}

template <>
base::Result<model::Listener> decode(const Json& json) {
  return decode_by_reading<model::Listener>(json);
}

}  // namespace portwatch::json
