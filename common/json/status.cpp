// SPDX-License-Identifier: Apache-2.0
// Status and coverage as JSON and back.

#include <map>

#include "common/json/fields.h"

namespace portwatch::json {
namespace {

Json encode_table(const model::Table& table) {
  return Json::object({{"namespace", value(table.netns)},
                       {"protocol", value(table.protocol)},
                       {"family", value(table.family)}});
}

Json encode_hole(const model::Hole& hole) {
  Json json = encode_table(hole.table);
  json["reason"] = value(std::string_view(hole.reason));
  return json;
}

Json encode_skipped(const model::SkippedSensor& skipped) {
  return Json::object(
      {{"name", value(std::string_view(skipped.name))}, {"reason", value(std::string_view(skipped.reason))}});
}

Json encode_scan(const model::ScanStatus& scan) {
  return Json::object({{"interval_us", value(scan.interval)},
                       {"count", scan.count},
                       {"last_at", value_or_null(scan.last_at)},
                       {"last_duration_us", value_or_null(scan.last_duration)},
                       {"problem", value_or_null(scan.problem)}});
}

Json encode_store(const model::StoreStatus& store) {
  return Json::object({{"path", value(std::string_view(store.path))},
                       {"size_bytes", store.size_bytes},
                       {"last_seq", value(store.last_seq)},
                       {"pending_events", store.pending_events},
                       {"problem", value_or_null(store.problem)}});
}

/// An object with a field for each counted name.
template <class E>
Json encode_counts(const std::map<E, std::uint64_t>& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[base::name_of(name)] = count;
  return json;
}

template <class E>
std::map<E, std::uint64_t> read_counts(const Reader& at) {
  std::map<E, std::uint64_t> counts;
  for (std::size_t index = 0; index < base::kEnumNames<E>.size(); ++index)
    if (const auto count = at.optional<std::uint64_t>(base::kEnumNames<E>[index]))
      counts[static_cast<E>(index)] = *count;
  return counts;
}

}  // namespace

model::Table read(const Reader& at, std::type_identity<model::Table>) {
  return {.netns = at.get<base::Netns>("namespace"),
          .protocol = at.get<net::Protocol>("protocol"),
          .family = at.get<net::Family>("family")};
}

model::Hole read(const Reader& at, std::type_identity<model::Hole>) {
  return {.table = at.as<model::Table>(), .reason = at.get<std::string>("reason")};
}

model::SkippedSensor read(const Reader& at, std::type_identity<model::SkippedSensor>) {
  return {.name = at.get<std::string>("name"), .reason = at.get<std::string>("reason")};
}

model::SensorInfo read(const Reader& at, std::type_identity<model::SensorInfo>) {
  return {.name = at.get<std::string>("name"),
          .summary = at.get<std::string>("summary"),
          .blind_spots = at.list<std::string>("blind_spots"),
          .skipped = at.list<model::SkippedSensor>("skipped")};
}

model::ScanStatus read(const Reader& at, std::type_identity<model::ScanStatus>) {
  return {.interval = at.get<base::Micros>("interval_us"),
          .count = at.get<std::uint64_t>("count"),
          .last_at = at.optional<base::UtcTime>("last_at"),
          .last_duration = at.optional<base::Micros>("last_duration_us"),
          .problem = at.optional<std::string>("problem")};
}

model::StoreStatus read(const Reader& at, std::type_identity<model::StoreStatus>) {
  return {.path = at.get<std::string>("path"),
          .size_bytes = at.get<std::uint64_t>("size_bytes"),
          .last_seq = at.get<base::Seq>("last_seq"),
          .pending_events = at.get<std::uint64_t>("pending_events"),
          .problem = at.optional<std::string>("problem")};
}

Json encode(const model::SensorInfo& sensor) {
  return Json::object({{"name", value(std::string_view(sensor.name))},
                       {"summary", value(std::string_view(sensor.summary))},
                       {"blind_spots", array_of(sensor.blind_spots)},
                       {"skipped", array_of(sensor.skipped, encode_skipped)}});
}

Json encode(const model::Coverage& coverage) {
  return Json::object({{"tables", array_of(coverage.tables, encode_table)},
                       {"holes", array_of(coverage.holes, encode_hole)},
                       {"denied_processes", coverage.denied_processes},
                       {"bind_intents_known", coverage.are_bind_intents_known}});
}

model::Coverage read(const Reader& at, std::type_identity<model::Coverage>) {
  return {.tables = at.list<model::Table>("tables"),
          .holes = at.list<model::Hole>("holes"),
          .denied_processes = at.get<std::uint32_t>("denied_processes"),
          .are_bind_intents_known = at.get<bool>("bind_intents_known")};
}

Json encode(const model::Status& status) {
  Json json = Json::object();
  json["version"] = value(std::string_view(status.version));
  json["pid"] = value(status.pid);
  json["uid"] = value(status.uid);
  json["user"] = value(std::string_view(status.user));
  json["profile"] = value(status.profile);
  json["host_id"] = value(std::string_view(status.host_id));
  json["epoch"] = value(std::string_view(status.epoch));
  json["started_at"] = value(status.started_at);
  json["learning_until"] = value_or_null(status.learning_until);
  json["sensor"] = encode(status.sensor);
  json["scan"] = encode_scan(status.scan);
  json["coverage"] = encode(status.coverage);
  json["store"] = encode_store(status.store);
  json["listeners"] = encode_counts(status.listeners);
  json["open_alerts"] = encode_counts(status.open_alerts);
  json["alerts_not_raised"] = status.alerts_not_raised;
  json["sessions"] = status.sessions;
  return json;
}

model::Status read(const Reader& at, std::type_identity<model::Status>) {
  model::Status status;
  status.version = at.get<std::string>("version");
  status.pid = at.get<base::Pid>("pid");
  status.uid = at.get<base::Uid>("uid");
  status.user = at.get<std::string>("user");
  status.profile = at.get<model::Profile>("profile");
  status.host_id = at.get<std::string>("host_id");
  status.epoch = at.get<std::string>("epoch");
  status.started_at = at.get<base::UtcTime>("started_at");
  status.learning_until = at.optional<base::UtcTime>("learning_until");
  status.sensor = at.get<model::SensorInfo>("sensor");
  status.scan = at.get<model::ScanStatus>("scan");
  status.coverage = at.get<model::Coverage>("coverage");
  status.store = at.get<model::StoreStatus>("store");
  status.listeners = read_counts<model::Exposure>(at.field("listeners"));
  status.open_alerts = read_counts<model::Severity>(at.field("open_alerts"));
  status.alerts_not_raised = at.optional<std::uint64_t>("alerts_not_raised").value_or(0);
  status.sessions = at.get<std::uint64_t>("sessions");
  return status;
}

template <>
base::Result<model::Coverage> decode(const Json& json) {
  return decode_by_reading<model::Coverage>(json);
}
template <>
base::Result<model::Status> decode(const Json& json) {
  return decode_by_reading<model::Status>(json);
}

}  // namespace portwatch::json
