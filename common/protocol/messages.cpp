// SPDX-License-Identifier: Apache-2.0
#include "common/protocol/messages.h"

#include <nlohmann/json.hpp>

#include "common/json/codec.h"
#include "common/json/fields.h"

namespace portwatch::protocol {
namespace {

using json::array_of;
using json::Failure;
using json::Json;
using json::Reader;
using json::text_or_null;
using json::value;
using json::value_or_null;

Json cursor_or_null(const std::optional<Cursor>& cursor) {
  return cursor ? Json(cursor->to_string()) : Json(nullptr);
}

Cursor read_cursor(const Reader& at) {
  const auto cursor = Cursor::parse(at.as<std::string>());
  at.expect(cursor.has_value(), "a cursor that portwatchd gave");
  return cursor.value_or(Cursor{});
}

std::optional<Cursor> read_optional_cursor(const Reader& at) {
  if (at.is_absent()) return std::nullopt;
  return read_cursor(at);
}

Json encode_listeners(const std::vector<model::ListenerRef>& listeners) {
  return array_of(listeners, [](const model::ListenerRef& listener) { return json::encode(*listener); });
}

/// Reads an object by `read_fields`.
template <class T, class Read>
base::Result<T> decode_object(const Json& object, Read read_fields,
                              json::NewerNames newer_names = json::NewerNames::kRefused) {
  Failure failure(newer_names);
  const Reader at(object, failure);
  if (!at.expect(object.is_object(), "an object")) return std::move(failure).template result<T>(T{});
  T decoded = read_fields(at);
  return std::move(failure).result(std::move(decoded));
}

/// The same for what a daemon sends, which may be newer than who reads it.
template <class T, class Read>
base::Result<T> decode_answer(const Json& object, Read read_fields) {
  return decode_object<T>(object, read_fields, json::NewerNames::kAccepted);
}

/// Without the events of kinds that this version does not know; `unknown` counts those.
std::vector<model::Event> read_events(const Reader& at, std::size_t& unknown) {
  std::vector<model::Event> events;
  for (std::optional<model::Event>& event : at.list<std::optional<model::Event>>()) {
    if (event)
      events.push_back(*std::move(event));
    else
      ++unknown;
  }
  return events;
}

}  // namespace

Json encode(const Nothing& /*nothing*/) {
  return Json::object();
}

template <>
base::Result<Nothing> decode(const Json& object) {
  return decode_object<Nothing>(object, [](const Reader&) { return Nothing{}; });
}

Json encode(const HelloParams& params) {
  return Json::object({{"client", value(std::string_view(params.client))}, {"protocols", params.protocols}});
}

template <>
base::Result<HelloParams> decode(const Json& object) {
  return decode_object<HelloParams>(object, [](const Reader& at) {
    return HelloParams{.client = at.get<std::string>("client"), .protocols = at.list<int>("protocols")};
  });
}

Json encode(const HelloResult& result) {
  return Json::object({{"protocol", result.protocol},
                       {"schema", result.schema},
                       {"version", value(std::string_view(result.version))},
                       {"host_id", value(std::string_view(result.host_id))},
                       {"epoch", value(std::string_view(result.epoch))},
                       {"uid", value(result.uid)},
                       {"user", value(std::string_view(result.user))},
                       {"role", value(result.role)}});
}

template <>
base::Result<HelloResult> decode(const Json& object) {
  return decode_answer<HelloResult>(object, [](const Reader& at) {
    return HelloResult{.protocol = at.get<int>("protocol"),
                       .schema = at.get<int>("schema"),
                       .version = at.get<std::string>("version"),
                       .host_id = at.get<std::string>("host_id"),
                       .epoch = at.get<std::string>("epoch"),
                       .uid = at.get<base::Uid>("uid"),
                       .user = at.get<std::string>("user"),
                       .role = at.get<Role>("role")};
  });
}

Json encode(const ListenersListParams& params) {
  Json object = Json::object();
  object["port"] = value_or_null(params.port);
  object["protocol"] = value_or_null(params.protocol);
  object["family"] = value_or_null(params.family);
  object["user"] = text_or_null(params.user);
  object["program"] = text_or_null(params.program);
  object["exposure"] = value_or_null(params.exposure);
  object["verdict"] = value_or_null(params.verdict);
  object["after"] = value_or_null(params.after);
  object["limit"] = params.limit;
  return object;
}

template <>
base::Result<ListenersListParams> decode(const Json& object) {
  return decode_object<ListenersListParams>(object, [](const Reader& at) {
    return ListenersListParams{.port = at.optional<net::PortQuery>("port"),
                               .protocol = at.optional<net::Protocol>("protocol"),
                               .family = at.optional<net::Family>("family"),
                               .user = at.get_or<std::string>("user", {}),
                               .program = at.get_or<std::string>("program", {}),
                               .exposure = at.optional<model::Exposure>("exposure"),
                               .verdict = at.optional<model::Verdict>("verdict"),
                               .after = at.optional<std::string>("after"),
                               .limit = json::read_limit(at)};
  });
}

Json encode(const ListenersListResult& result) {
  return Json::object({{"listeners", encode_listeners(result.listeners)},
                       {"next", value_or_null(result.next)},
                       {"coverage", json::encode(result.coverage)}});
}

template <>
base::Result<ListenersListResult> decode(const Json& object) {
  return decode_answer<ListenersListResult>(object, [](const Reader& at) {
    return ListenersListResult{.listeners = at.list<model::ListenerRef>("listeners"),
                               .next = at.optional<std::string>("next"),
                               .coverage = at.get<model::Coverage>("coverage")};
  });
}

Json encode(const ListenersBriefParams& params) {
  return Json::object({{"after", value_or_null(params.after)}});
}

template <>
base::Result<ListenersBriefParams> decode(const Json& object) {
  return decode_object<ListenersBriefParams>(object, [](const Reader& at) {
    return ListenersBriefParams{.after = at.optional<std::string>("after")};
  });
}

Json encode(const ListenersBriefResult& result) {
  return Json::object(
      {{"groups", array_of(result.groups, [](const auto& group) { return json::encode(group); })},
       {"next", value_or_null(result.next)}});
}

template <>
base::Result<ListenersBriefResult> decode(const Json& object) {
  return decode_answer<ListenersBriefResult>(object, [](const Reader& at) {
    return ListenersBriefResult{.groups = at.list<model::AlikeListeners>("groups"),
                                .next = at.optional<std::string>("next")};
  });
}

Json encode(const ListenersClientsParams& params) {
  return Json::object({{"port", value(params.port)}});
}

template <>
base::Result<ListenersClientsParams> decode(const Json& object) {
  return decode_object<ListenersClientsParams>(
      object, [](const Reader& at) { return ListenersClientsParams{.port = at.get<base::Port>("port")}; });
}

Json encode(const model::ConnectionList& result) {
  return Json::object(
      {{"connections",
        array_of(result.connections, [](const auto& connection) { return json::encode(connection); })},
       {"left_out", result.left_out},
       {"parties_whole", result.are_parties_whole}});
}

template <>
base::Result<model::ConnectionList> decode(const Json& object) {
  return decode_answer<model::ConnectionList>(object, [](const Reader& at) {
    return model::ConnectionList{.connections = at.list<model::Connection>("connections"),
                                 .left_out = at.get<std::uint64_t>("left_out"),
                                 .are_parties_whole = at.get<bool>("parties_whole")};
  });
}

Json encode(const ListenersAtResult& result) {
  return Json::object({{"listeners", encode_listeners(result.listeners)},
                       {"next", result.next ? Json(result.next->to_string()) : Json()}});
}

template <>
base::Result<ListenersAtResult> decode(const Json& object) {
  return decode_answer<ListenersAtResult>(object, [](const Reader& at) {
    ListenersAtResult result{.listeners = at.list<model::ListenerRef>("listeners")};
    if (const auto text = at.optional<std::string>("next")) {
      result.next = model::PastPlace::parse(*text);
      at.field("next").expect(result.next.has_value(), "a place in the list");
    }
    return result;
  });
}

Json encode(const EventsListParams& params) {
  Json object = json::encode(params.query);
  object["after"] = cursor_or_null(params.after);
  return object;
}

template <>
base::Result<EventsListParams> decode(const Json& object) {
  // On the wire `after` is a cursor, so the query is read without it.
  Json fields = object;
  if (fields.is_object()) fields.erase("after");
  auto query = json::decode<model::EventQuery>(fields);
  if (!query) return std::unexpected(std::move(query).error());
  return decode_object<EventsListParams>(object, [&query](const Reader& at) {
    return EventsListParams{.query = *std::move(query), .after = read_optional_cursor(at.field("after"))};
  });
}

Json encode(const EventsListResult& result) {
  return Json::object(
      {{"events", array_of(result.events, [](const model::Event& event) { return json::encode(event); })},
       {"next", cursor_or_null(result.next)}});
}

template <>
base::Result<EventsListResult> decode(const Json& object) {
  return decode_answer<EventsListResult>(object, [](const Reader& at) {
    EventsListResult result{.next = read_optional_cursor(at.field("next"))};
    result.events = read_events(at.field("events"), result.unknown);
    return result;
  });
}

Json encode(const EventsSubscribeParams& params) {
  return Json::object({{"after", cursor_or_null(params.after)},
                       {"kinds", array_of(params.kinds, [](model::EventKind kind) { return value(kind); })},
                       {"alerts_only", params.is_alerts_only}});
}

template <>
base::Result<EventsSubscribeParams> decode(const Json& object) {
  return decode_object<EventsSubscribeParams>(object, [](const Reader& at) {
    return EventsSubscribeParams{.after = read_optional_cursor(at.field("after")),
                                 .kinds = at.list_or_empty<model::EventKind>("kinds"),
                                 .is_alerts_only = at.get_or("alerts_only", false)};
  });
}

Json encode(const EventsSubscribeResult& result) {
  return Json::object({{"cursor", result.cursor.to_string()}});
}

template <>
base::Result<EventsSubscribeResult> decode(const Json& object) {
  return decode_answer<EventsSubscribeResult>(object, [](const Reader& at) {
    return EventsSubscribeResult{.cursor = read_cursor(at.field("cursor"))};
  });
}

Json encode(const EventMessage& message) {
  return Json::object({{"event", message.event ? json::encode(*message.event) : Json(nullptr)},
                       {"cursor", message.cursor.to_string()}});
}

template <>
base::Result<EventMessage> decode(const Json& object) {
  return decode_answer<EventMessage>(object, [](const Reader& at) {
    return EventMessage{.event = at.get_or<std::optional<model::Event>>("event", std::nullopt),
                        .cursor = read_cursor(at.field("cursor"))};
  });
}

Json encode(const SubscriptionDroppedMessage& message) {
  return Json::object(
      {{"reason", value(std::string_view(message.reason))}, {"cursor", cursor_or_null(message.cursor)}});
}

template <>
base::Result<SubscriptionDroppedMessage> decode(const Json& object) {
  return decode_answer<SubscriptionDroppedMessage>(object, [](const Reader& at) {
    return SubscriptionDroppedMessage{.reason = at.get<std::string>("reason"),
                                      .cursor = read_optional_cursor(at.field("cursor"))};
  });
}

Json encode(const AlertsListResult& result) {
  return Json::object(
      {{"alerts", array_of(result.alerts, [](const model::Alert& alert) { return json::encode(alert); })},
       {"next", value_or_null(result.next)}});
}

template <>
base::Result<AlertsListResult> decode(const Json& object) {
  return decode_answer<AlertsListResult>(object, [](const Reader& at) {
    return AlertsListResult{.alerts = at.list<model::Alert>("alerts"),
                            .next = at.optional<base::AlertId>("next")};
  });
}

Json encode(const AlertParams& params) {
  return Json::object({{"id", value(params.id)}});
}

template <>
base::Result<AlertParams> decode(const Json& object) {
  return decode_object<AlertParams>(
      object, [](const Reader& at) { return AlertParams{.id = at.get<base::AlertId>("id")}; });
}

Json encode(const AlertResult& result) {
  return Json::object({{"alert", json::encode(result.alert)}});
}

template <>
base::Result<AlertResult> decode(const Json& object) {
  return decode_answer<AlertResult>(
      object, [](const Reader& at) { return AlertResult{.alert = at.get<model::Alert>("alert")}; });
}

Json encode(const model::Status& result) {
  return json::encode(result);
}
Json encode(const model::AlertQuery& params) {
  return json::encode(params);
}
Json encode(const model::PastQuery& params) {
  return json::encode(params);
}

template <>
base::Result<model::Status> decode(const Json& object) {
  return decode_answer<model::Status>(object, [](const Reader& at) { return at.as<model::Status>(); });
}
template <>
base::Result<model::AlertQuery> decode(const Json& object) {
  return json::decode<model::AlertQuery>(object);
}
template <>
base::Result<model::PastQuery> decode(const Json& object) {
  return json::decode<model::PastQuery>(object);
}

}  // namespace portwatch::protocol
