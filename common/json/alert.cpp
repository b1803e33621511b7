// SPDX-License-Identifier: Apache-2.0
// Alerts and baseline entries as JSON and back.

#include "common/json/fields.h"

namespace portwatch::json {
namespace {

Json encode_reason(const model::Reason& reason) {
  return Json::object({{"code", value(reason.code)}, {"text", value(std::string_view(reason.text))}});
}

}  // namespace

model::Reason read(const Reader& at, std::type_identity<model::Reason>) {
  return {.code = at.get<model::ReasonCode>("code"), .text = at.get<std::string>("text")};
}

Json encode(const model::Alert& alert) {
  Json json = Json::object();
  json["id"] = value(alert.id);
  json["state"] = value(alert.state);
  json["severity"] = value(alert.severity);
  json["delivery"] = value(alert.delivery);
  json["reasons"] = array_of(alert.reasons, encode_reason);
  json["count"] = alert.count;
  json["opened_at"] = value(alert.opened_at);
  json["last_seen_at"] = value(alert.last_seen_at);
  json["changed_by"] = text_or_null(alert.changed_by);
  json["listener"] = alert.listener ? encode(*alert.listener) : Json(nullptr);
  return json;
}

model::Alert read(const Reader& at, std::type_identity<model::Alert>) {
  return {.id = at.get<base::AlertId>("id"),
          .state = at.get<model::AlertState>("state"),
          .severity = at.get<model::Severity>("severity"),
          .delivery = at.get<model::Delivery>("delivery"),
          .reasons = at.list<model::Reason>("reasons"),
          .count = at.get<std::int64_t>("count"),
          .opened_at = at.get<base::UtcTime>("opened_at"),
          .last_seen_at = at.get<base::UtcTime>("last_seen_at"),
          .changed_by = at.get_or<std::string>("changed_by", {}),
          .listener = at.get<model::ListenerRef>("listener")};
}

Json encode(const model::BaselineEntry& entry) {
  return Json::object({{"service", value(entry.service)},
                       {"program", text_or_null(entry.label)},
                       {"origin", value(entry.origin)},
                       {"added_at", value(entry.added_at)},
                       {"added_by", value(std::string_view(entry.added_by))}});
}

model::BaselineEntry read(const Reader& at, std::type_identity<model::BaselineEntry>) {
  return {.service = at.get<model::ServiceKey>("service"),
          .label = at.get_or<std::string>("program", {}),
          .origin = at.get<model::BaselineOrigin>("origin"),
          .added_at = at.get<base::UtcTime>("added_at"),
          .added_by = at.get<std::string>("added_by")};
}

template <>
base::Result<model::Alert> decode(const Json& json) {
  return decode_by_reading<model::Alert>(json);
}
template <>
base::Result<model::BaselineEntry> decode(const Json& json) {
  return decode_by_reading<model::BaselineEntry>(json);
}

}  // namespace portwatch::json
