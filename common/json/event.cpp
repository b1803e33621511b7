// SPDX-License-Identifier: Apache-2.0
// An event's `detail` has the fields of the event's kind; null when the kind has none, or none were told.
#include <variant>

#include "common/base/assert.h"
#include "common/json/fields.h"

namespace portwatch::json {
namespace {

using model::EventKind;

/// Which alternative of EventDetail belongs to a kind.
std::size_t detail_index(EventKind kind) {
  const auto index_of = []<class T>(std::type_identity<T>) { return model::EventDetail(T{}).index(); };
  switch (kind) {
    case EventKind::kStarted: return index_of(std::type_identity<model::StartedDetail>{});
    case EventKind::kGap: return index_of(std::type_identity<model::GapDetail>{});
    case EventKind::kSuspended: return index_of(std::type_identity<model::SuspendedDetail>{});
    case EventKind::kCoverageChanged: return index_of(std::type_identity<model::CoverageDetail>{});
    case EventKind::kOpened: return index_of(std::type_identity<model::OpenedDetail>{});
    case EventKind::kOwnerChanged: return index_of(std::type_identity<model::OwnerChangedDetail>{});
    case EventKind::kAlertRaised:
    case EventKind::kAlertChanged: return index_of(std::type_identity<model::AlertDetail>{});
    case EventKind::kPolicyChanged: return index_of(std::type_identity<model::PolicyDetail>{});
    case EventKind::kBindConflict: return index_of(std::type_identity<model::ConflictDetail>{});
    case EventKind::kStopped:
    case EventKind::kClosed: break;
  }
  return 0;
}

struct DetailWriter {
  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(const model::StartedDetail& detail) const {
    return Json::object({{"version", value(std::string_view(detail.version))},
                         {"sensor", value(std::string_view(detail.sensor))}});
  }
  Json operator()(const model::GapDetail& detail) const {
    return Json::object({{"from", value(detail.from)},
                         {"to", value(detail.to)},
                         {"reason", value(std::string_view(detail.reason))}});
  }
  Json operator()(const model::SuspendedDetail& detail) const {
    return Json::object({{"duration_us", value(detail.duration)}});
  }
  Json operator()(const model::CoverageDetail& detail) const {
    return Json::object({{"coverage", encode(detail.coverage)}});
  }
  Json operator()(const model::OpenedDetail& detail) const {
    return Json::object(
        {{"replaces", value_or_null(detail.replaces_seq)}, {"replaces_key", value_or_null(detail.replaces)}});
  }
  Json operator()(const model::OwnerChangedDetail& detail) const {
    return Json::object({{"added", array_of(detail.added)},
                         {"added_left_out", detail.added_left_out},
                         {"removed", array_of(detail.removed)},
                         {"removed_left_out", detail.removed_left_out}});
  }
  Json operator()(const model::AlertDetail& detail) const {
    return Json::object({{"alert", encode(detail.alert)}});
  }
  Json operator()(const model::PolicyDetail& detail) const {
    return Json::object(
        {{"added", array_of(detail.added, [](const model::BaselineEntry& entry) { return encode(entry); })},
         {"added_left_out", detail.added_left_out},
         {"learning_until", value_or_null(detail.learning_until)}});
  }
  Json operator()(const model::ConflictDetail& detail) const { return value(detail); }
};

model::EventDetail read_detail(const Reader& at, EventKind kind) {
  if (at.is_absent()) return {};
  switch (kind) {
    case EventKind::kStarted:
      return model::StartedDetail{.version = at.get<std::string>("version"),
                                  .sensor = at.get<std::string>("sensor")};
    case EventKind::kGap:
      return model::GapDetail{.from = at.get<base::UtcTime>("from"),
                              .to = at.get<base::UtcTime>("to"),
                              .reason = at.get<std::string>("reason")};
    case EventKind::kSuspended:
      return model::SuspendedDetail{.duration = at.get<base::Micros>("duration_us")};
    case EventKind::kCoverageChanged:
      return model::CoverageDetail{.coverage = at.get<model::Coverage>("coverage")};
    case EventKind::kOpened:
      return model::OpenedDetail{.replaces = at.optional<model::ListenerKey>("replaces_key"),
                                 .replaces_seq = at.optional<base::Seq>("replaces")};
    case EventKind::kOwnerChanged:
      return model::OwnerChangedDetail{
          .added = at.list<model::ProcessRef>("added"),
          .removed = at.list<model::ProcessRef>("removed"),
          .added_left_out = at.optional<std::uint64_t>("added_left_out").value_or(0),
          .removed_left_out = at.optional<std::uint64_t>("removed_left_out").value_or(0)};
    case EventKind::kAlertRaised:
    case EventKind::kAlertChanged: return model::AlertDetail{.alert = at.get<model::Alert>("alert")};
    case EventKind::kPolicyChanged:
      return model::PolicyDetail{.added = at.list<model::BaselineEntry>("added"),
                                 .learning_until = at.optional<base::UtcTime>("learning_until"),
                                 .added_left_out = at.optional<std::uint64_t>("added_left_out").value_or(0)};
    case EventKind::kBindConflict: return read(at, std::type_identity<model::ConflictDetail>{});
    case EventKind::kStopped:
    case EventKind::kClosed: break;
  }
  return {};
}

}  // namespace

Json encode(const model::Event& event) {
  PW_ASSERT(event.detail.index() == 0 || event.detail.index() == detail_index(event.kind));
  Json json = Json::object();
  json["seq"] = value(event.seq);
  put(json, kEventTime, event.time);
  json["kind"] = value(event.kind);
  json["listener"] = event.listener ? encode(*event.listener) : Json(nullptr);
  json["detail"] = std::visit(DetailWriter{}, event.detail);
  return json;
}

model::Event read(const Reader& at, std::type_identity<model::Event>) {
  model::Event event;
  event.seq = at.get<base::Seq>("seq");
  event.time = read_time(at, kEventTime);
  event.kind = at.get<EventKind>("kind");
  if (at.has("listener")) event.listener = at.get<model::ListenerRef>("listener");
  event.detail = read_detail(at.field("detail"), event.kind);
  return event;
}

std::optional<model::Event> read(const Reader& at, std::type_identity<std::optional<model::Event>>) {
  if (at.accepts_newer_names() && !base::enum_from_name<EventKind>(at.get<std::string>("kind")))
    return std::nullopt;
  return at.as<model::Event>();
}

template <>
base::Result<model::Event> decode(const Json& json) {
  return decode_by_reading<model::Event>(json);
}

}  // namespace portwatch::json
