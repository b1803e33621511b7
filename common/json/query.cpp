// SPDX-License-Identifier: Apache-2.0
// Queries are written by people too: every field may be left out, and a port may be a number or what a person
// types.
#include <fmt/format.h>

#include "common/json/fields.h"

namespace portwatch::json {

std::size_t read_limit(const Reader& at) {
  const auto limit = at.get_or<std::size_t>("limit", model::kMaxPage);
  at.field("limit").expect(limit >= 1 && limit <= model::kMaxPage, fmt::format("1 to {}", model::kMaxPage));
  return limit;
}

/// As parse_port_query() reads it.
Json value(const net::PortQuery& query) {
  const std::string suffix = query.protocol ? fmt::format("/{}", base::name_of(*query.protocol)) : "";
  if (!query.address) return fmt::format("{}{}", query.port.value, suffix);
  const net::Endpoint endpoint{.address = *query.address, .port = query.port};
  return endpoint.address_and_port() + suffix;
}

net::PortQuery read(const Reader& at, std::type_identity<net::PortQuery>) {
  const bool is_number = at.json() != nullptr && at.json()->is_number();
  const auto text = is_number ? std::to_string(at.as<std::uint16_t>()) : at.as<std::string>();
  auto query = net::parse_port_query(text);
  if (!query) at.fail(query.error().message);
  return query.value_or(net::PortQuery{});
}

Json encode(const model::EventQuery& query) {
  Json json = Json::object();
  json["port"] = value_or_null(query.port);
  json["since"] = value_or_null(query.since);
  json["until"] = value_or_null(query.until);
  json["kinds"] = array_of(query.kinds, [](model::EventKind kind) { return value(kind); });
  json["program"] = text_or_null(query.program);
  json["user"] = text_or_null(query.user);
  json["unit"] = text_or_null(query.unit);
  json["after"] = value_or_null(query.after);
  json["newest_first"] = query.newest_first;
  json["limit"] = query.limit;
  return json;
}

model::EventQuery read(const Reader& at, std::type_identity<model::EventQuery>) {
  return {.port = at.optional<net::PortQuery>("port"),
          .since = at.optional<base::UtcTime>("since"),
          .until = at.optional<base::UtcTime>("until"),
          .kinds = at.list_or_empty<model::EventKind>("kinds"),
          .program = at.get_or<std::string>("program", {}),
          .user = at.get_or<std::string>("user", {}),
          .unit = at.get_or<std::string>("unit", {}),
          .after = at.optional<base::Seq>("after"),
          .newest_first = at.get_or("newest_first", false),
          .limit = read_limit(at)};
}

Json encode(const model::AlertQuery& query) {
  Json json = Json::object();
  json["states"] = array_of(query.states, [](model::AlertState state) { return value(state); });
  json["id"] = value_or_null(query.id);
  json["after"] = value_or_null(query.after);
  json["limit"] = query.limit;
  return json;
}

model::AlertQuery read(const Reader& at, std::type_identity<model::AlertQuery>) {
  return {.states = at.list_or_empty<model::AlertState>("states"),
          .id = at.optional<base::AlertId>("id"),
          .after = at.optional<base::AlertId>("after"),
          .limit = read_limit(at)};
}

Json encode(const model::PastQuery& query) {
  Json json = Json::object();
  json["at"] = value(query.at);
  json["port"] = value_or_null(query.port);
  json["after"] = query.after ? Json(query.after->to_string()) : Json();
  json["limit"] = query.limit;
  return json;
}

model::PastQuery read(const Reader& at, std::type_identity<model::PastQuery>) {
  std::optional<model::PastPlace> after;
  if (const auto text = at.optional<std::string>("after")) {
    after = model::PastPlace::parse(*text);
    at.field("after").expect(after.has_value(), "a place that portwatchd gave");
  }
  return {.at = at.get<base::UtcTime>("at"),
          .port = at.optional<net::PortQuery>("port"),
          .after = after,
          .limit = read_limit(at)};
}

template <>
base::Result<model::EventQuery> decode(const Json& json) {
  return decode_by_reading<model::EventQuery>(json);
}
template <>
base::Result<model::AlertQuery> decode(const Json& json) {
  return decode_by_reading<model::AlertQuery>(json);
}
template <>
base::Result<model::PastQuery> decode(const Json& json) {
  return decode_by_reading<model::PastQuery>(json);
}

}  // namespace portwatch::json
