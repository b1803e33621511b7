// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files of the codec share: how single values are written, and the readers of the model's types. For
// .cpp files only: it brings in nlohmann/json.hpp.

#include "common/base/text.h"
#include "common/json/codec.h"
#include "common/json/reader.h"

namespace portwatch::json {

[[nodiscard]] inline Json value(std::string_view text) {
  return base::to_valid_utf8(text);
}
[[nodiscard]] inline Json value(base::UtcTime time) {
  return base::to_rfc3339(time);
}
[[nodiscard]] inline Json value(base::BootTime time) {
  return time.time_since_epoch().count();
}
[[nodiscard]] inline Json value(base::Micros duration) {
  return duration.count();
}
[[nodiscard]] inline Json value(bool flag) {
  return flag;
}
template <class Tag, class Rep>
[[nodiscard]] Json value(base::Strong<Tag, Rep> strong) {
  return strong.value;
}
template <base::NamedEnum E>
[[nodiscard]] Json value(E name) {
  return base::name_of(name);
}
[[nodiscard]] Json value(const model::SocketId& id);
[[nodiscard]] Json value(const model::ListenerKey& key);
[[nodiscard]] Json value(const model::ServiceKey& key);
[[nodiscard]] Json value(const model::FileId& file);
[[nodiscard]] Json value(const model::Ending& ending);
[[nodiscard]] Json value(const net::PortQuery& query);
[[nodiscard]] Json value(const model::ConflictDetail& detail);

/// Null when it is not known.
template <class T>
[[nodiscard]] Json value_or_null(const std::optional<T>& known) {
  return known ? value(*known) : Json(nullptr);
}
[[nodiscard]] inline Json text_or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : value(text);
}

/// Each element by `write`, as an array; an array of none is [].
template <class Range, class Write>
[[nodiscard]] Json array_of(const Range& range, Write write) {
  Json array = Json::array();
  for (const auto& element : range) array.push_back(write(element));
  return array;
}
[[nodiscard]] Json array_of(const std::vector<model::ProcessRef>& processes);
[[nodiscard]] Json array_of(const std::vector<std::string>& texts);

/// The four fields that say when something happened.
struct EventTimeNames {
  std::string_view at;
  std::string_view earliest;
  std::string_view precision;
  std::string_view boot;
};
inline constexpr EventTimeNames kEventTime{"time", "earliest", "precision", "boot_us"};
inline constexpr EventTimeNames kOpenedTime{"opened_at", "opened_earliest", "opened_precision",
                                            "opened_boot_us"};
inline constexpr EventTimeNames kClosedTime{"closed_at", "closed_earliest", "closed_precision",
                                            "closed_boot_us"};
/// Null in all four when there is no time.
void put(Json& object, const EventTimeNames& names, const std::optional<model::EventTime>& time);
[[nodiscard]] model::EventTime read_time(const Reader& at, const EventTimeNames& names);

/// The fields of a socket, among the others of `object`; they are read from there.
void put(Json& object, const model::SocketRecord& socket);

[[nodiscard]] model::Party read(const Reader& at, std::type_identity<model::Party>);
[[nodiscard]] model::Connection read(const Reader& at, std::type_identity<model::Connection>);
[[nodiscard]] model::FileId read(const Reader& at, std::type_identity<model::FileId>);
[[nodiscard]] model::Process read(const Reader& at, std::type_identity<model::Process>);
[[nodiscard]] model::ProcessRef read(const Reader& at, std::type_identity<model::ProcessRef>);
[[nodiscard]] model::SocketId read(const Reader& at, std::type_identity<model::SocketId>);
[[nodiscard]] model::SocketRecord read(const Reader& at, std::type_identity<model::SocketRecord>);
[[nodiscard]] model::Ending read(const Reader& at, std::type_identity<model::Ending>);
[[nodiscard]] model::ListenerKey read(const Reader& at, std::type_identity<model::ListenerKey>);
[[nodiscard]] model::ServiceKey read(const Reader& at, std::type_identity<model::ServiceKey>);
[[nodiscard]] model::Listener read(const Reader& at, std::type_identity<model::Listener>);
[[nodiscard]] model::ListenerRef read(const Reader& at, std::type_identity<model::ListenerRef>);
[[nodiscard]] model::AlikeListeners read(const Reader& at, std::type_identity<model::AlikeListeners>);
[[nodiscard]] model::Alert read(const Reader& at, std::type_identity<model::Alert>);
[[nodiscard]] model::BaselineEntry read(const Reader& at, std::type_identity<model::BaselineEntry>);
[[nodiscard]] model::Coverage read(const Reader& at, std::type_identity<model::Coverage>);
[[nodiscard]] model::ConflictDetail read(const Reader& at, std::type_identity<model::ConflictDetail>);
[[nodiscard]] model::Event read(const Reader& at, std::type_identity<model::Event>);
/// Nothing for an event of a kind that only a later version knows, where names of those are accepted.
[[nodiscard]] std::optional<model::Event> read(const Reader& at,
                                               std::type_identity<std::optional<model::Event>>);
[[nodiscard]] model::HostFacts read(const Reader& at, std::type_identity<model::HostFacts>);
[[nodiscard]] model::SensorInfo read(const Reader& at, std::type_identity<model::SensorInfo>);
[[nodiscard]] model::Status read(const Reader& at, std::type_identity<model::Status>);
[[nodiscard]] net::IpAddress read(const Reader& at, std::type_identity<net::IpAddress>);
[[nodiscard]] net::PortQuery read(const Reader& at, std::type_identity<net::PortQuery>);
[[nodiscard]] model::EventQuery read(const Reader& at, std::type_identity<model::EventQuery>);
[[nodiscard]] model::AlertQuery read(const Reader& at, std::type_identity<model::AlertQuery>);
[[nodiscard]] model::PastQuery read(const Reader& at, std::type_identity<model::PastQuery>);
/// The field `limit` of what asks for pages: 1 to model::kMaxPage, which it is when it is left out.
[[nodiscard]] std::size_t read_limit(const Reader& at);

template <class T>
[[nodiscard]] base::Result<T> decode_by_reading(const Json& json) {
  Failure failure;
  T decoded = Reader(json, failure).as<T>();
  return std::move(failure).result(std::move(decoded));
}

}  // namespace portwatch::json
