// SPDX-License-Identifier: Apache-2.0
#pragma once

// The parameters and results of each method, and their JSON. Unknown fields are ignored, so that either side
// may be newer. A result may also hold names that only a later version knows, in sets that may grow: they are
// read as base::kNewerName, and events of an unknown kind are left out. Parameters may not: who asks is told.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/base/error.h"
#include "common/model/alike_listeners.h"
#include "common/model/connection.h"
#include "common/model/event.h"
#include "common/model/query.h"
#include "common/model/status.h"
#include "common/protocol/cursor.h"
#include "common/protocol/methods.h"
#include "common/protocol/rpc.h"
#include "common/protocol/version.h"

namespace portwatch::protocol {

/// How much a peer may see and change, by the kernel's word on it.
enum class Role : std::uint8_t {
  kViewer,  ///< the table of ports, and everything about processes of their own
  kReader,  ///< everything
  kAdmin,   ///< everything, and may change it
};

struct Nothing {
  bool operator==(const Nothing&) const = default;
};

struct HelloParams {
  std::string client;          ///< name and version, for logs: "portwatchctl 0.1.0"
  std::vector<int> protocols;  ///< the versions that it speaks

  bool operator==(const HelloParams&) const = default;
};
struct HelloResult {
  int protocol = kProtocolVersion;  ///< the highest version that both speak
  int schema = kJsonSchemaVersion;
  std::string version;  ///< of portwatchd
  std::string host_id;
  std::string epoch;
  base::Uid uid;     ///< who the client is, as the kernel says
  std::string user;  ///< its name, or "#1000" where the system knows none
  Role role = Role::kViewer;

  bool operator==(const HelloResult&) const = default;
};

/// All conditions must hold; an empty one is no condition.
struct ListenersListParams {
  std::optional<net::PortQuery> port;
  std::optional<net::Protocol> protocol;
  std::optional<net::Family> family;
  std::string user;     ///< of an owner
  std::string program;  ///< a part of the program's label, case-sensitive
  std::optional<model::Exposure> exposure;
  std::optional<model::Verdict> verdict;
  std::optional<std::string> after;  ///< `next` of the page before; opaque
  std::size_t limit = model::kMaxPage;

  bool operator==(const ListenersListParams&) const = default;
};
struct ListenersListResult {
  std::vector<model::ListenerRef> listeners;  ///< by port, protocol, address, then key
  std::optional<std::string> next;
  model::Coverage coverage;
};

struct ListenersBriefParams {
  std::optional<std::string> after;  ///< `next` of the page before; opaque

  bool operator==(const ListenersBriefParams&) const = default;
};
struct ListenersBriefResult {
  std::vector<model::AlikeListeners> groups;  ///< of a stretch of the list, which is sorted by port
  std::optional<std::string> next;

  bool operator==(const ListenersBriefResult&) const = default;
};

struct ListenersClientsParams {
  base::Port port;

  bool operator==(const ListenersClientsParams&) const = default;
};

struct ListenersAtResult {
  std::vector<model::ListenerRef> listeners;  ///< by port, then in the order in which they opened
  std::optional<model::PastPlace> next;
};

struct EventsListParams {
  model::EventQuery query;  ///< without its `after`
  std::optional<Cursor> after;

  bool operator==(const EventsListParams&) const = default;
};
struct EventsListResult {
  std::vector<model::Event> events;
  std::optional<Cursor> next;  ///< `after` of the next page; unset: nothing is left now
  std::size_t unknown = 0;     ///< events that were left out; for who decodes alone

  bool operator==(const EventsListResult&) const = default;
};

struct EventsSubscribeParams {
  std::optional<Cursor> after;  ///< unset: from now on
  std::vector<model::EventKind> kinds;
  bool is_alerts_only = false;  ///< only alert_raised and alert_changed; with `kinds` both must hold

  bool operator==(const EventsSubscribeParams&) const = default;
};
struct EventsSubscribeResult {
  Cursor cursor;  ///< what is told starts behind this

  bool operator==(const EventsSubscribeResult&) const = default;
};
struct EventMessage {
  std::optional<model::Event> event;  ///< unset for who decodes one of an unknown kind
  Cursor cursor;                      ///< of the event: `after` to go on behind it

  bool operator==(const EventMessage&) const = default;
};
struct SubscriptionDroppedMessage {
  std::string reason;
  std::optional<Cursor> cursor;  ///< of the last event that was sent; unset: none was

  bool operator==(const SubscriptionDroppedMessage&) const = default;
};

struct AlertsListResult {
  std::vector<model::Alert> alerts;  ///< newest first
  std::optional<base::AlertId> next;

  bool operator==(const AlertsListResult&) const = default;
};
struct AlertParams {
  base::AlertId id;

  bool operator==(const AlertParams&) const = default;
};
struct AlertResult {
  model::Alert alert;  ///< as it is after the change

  bool operator==(const AlertResult&) const = default;
};

/// What a method takes and gives.
template <Method M>
struct MessageTypes;
template <class ParamsT, class ResultT>
struct MessagePair {
  using Params = ParamsT;
  using Result = ResultT;
};
template <>
struct MessageTypes<Method::kAlertsAck> : MessagePair<AlertParams, AlertResult> {};
template <>
struct MessageTypes<Method::kAlertsApprove> : MessagePair<AlertParams, AlertResult> {};
template <>
struct MessageTypes<Method::kAlertsList> : MessagePair<model::AlertQuery, AlertsListResult> {};
template <>
struct MessageTypes<Method::kAlertsReject> : MessagePair<AlertParams, AlertResult> {};
template <>
struct MessageTypes<Method::kAlertsShow> : MessagePair<AlertParams, AlertResult> {};
template <>
struct MessageTypes<Method::kEventsList> : MessagePair<EventsListParams, EventsListResult> {};
template <>
struct MessageTypes<Method::kEventsSubscribe> : MessagePair<EventsSubscribeParams, EventsSubscribeResult> {};
template <>
struct MessageTypes<Method::kEventsUnsubscribe> : MessagePair<Nothing, Nothing> {};
template <>
struct MessageTypes<Method::kHello> : MessagePair<HelloParams, HelloResult> {};
template <>
struct MessageTypes<Method::kListenersAt> : MessagePair<model::PastQuery, ListenersAtResult> {};
template <>
struct MessageTypes<Method::kListenersBrief> : MessagePair<ListenersBriefParams, ListenersBriefResult> {};
template <>
struct MessageTypes<Method::kListenersClients> : MessagePair<ListenersClientsParams, model::ConnectionList> {
};
template <>
struct MessageTypes<Method::kListenersList> : MessagePair<ListenersListParams, ListenersListResult> {};
template <>
struct MessageTypes<Method::kStatus> : MessagePair<Nothing, model::Status> {};

[[nodiscard]] nlohmann::json encode(const Nothing& nothing);
[[nodiscard]] nlohmann::json encode(const HelloParams& params);
[[nodiscard]] nlohmann::json encode(const HelloResult& result);
[[nodiscard]] nlohmann::json encode(const ListenersListParams& params);
[[nodiscard]] nlohmann::json encode(const ListenersListResult& result);
[[nodiscard]] nlohmann::json encode(const ListenersBriefParams& params);
[[nodiscard]] nlohmann::json encode(const ListenersBriefResult& result);
[[nodiscard]] nlohmann::json encode(const ListenersClientsParams& params);
[[nodiscard]] nlohmann::json encode(const model::ConnectionList& result);
[[nodiscard]] nlohmann::json encode(const ListenersAtResult& result);
[[nodiscard]] nlohmann::json encode(const EventsListParams& params);
[[nodiscard]] nlohmann::json encode(const EventsListResult& result);
[[nodiscard]] nlohmann::json encode(const EventsSubscribeParams& params);
[[nodiscard]] nlohmann::json encode(const EventsSubscribeResult& result);
[[nodiscard]] nlohmann::json encode(const EventMessage& message);
[[nodiscard]] nlohmann::json encode(const SubscriptionDroppedMessage& message);
[[nodiscard]] nlohmann::json encode(const AlertsListResult& result);
[[nodiscard]] nlohmann::json encode(const AlertParams& params);
[[nodiscard]] nlohmann::json encode(const AlertResult& result);
[[nodiscard]] nlohmann::json encode(const model::Status& result);
[[nodiscard]] nlohmann::json encode(const model::AlertQuery& params);
[[nodiscard]] nlohmann::json encode(const model::PastQuery& params);

/// Reads what encode() wrote: T is one of its types. Parameters may leave out what has a default.
/// Errors: kCorrupt, with the JSON pointer of what does not fit.
template <class T>
[[nodiscard]] base::Result<T> decode(const nlohmann::json& json);

template <>
base::Result<Nothing> decode(const nlohmann::json& json);
template <>
base::Result<HelloParams> decode(const nlohmann::json& json);
template <>
base::Result<HelloResult> decode(const nlohmann::json& json);
template <>
base::Result<ListenersListParams> decode(const nlohmann::json& json);
template <>
base::Result<ListenersListResult> decode(const nlohmann::json& json);
template <>
base::Result<ListenersBriefParams> decode(const nlohmann::json& json);
template <>
base::Result<ListenersBriefResult> decode(const nlohmann::json& json);
template <>
base::Result<ListenersClientsParams> decode(const nlohmann::json& json);
template <>
base::Result<model::ConnectionList> decode(const nlohmann::json& json);
template <>
base::Result<ListenersAtResult> decode(const nlohmann::json& json);
template <>
base::Result<EventsListParams> decode(const nlohmann::json& json);
template <>
base::Result<EventsListResult> decode(const nlohmann::json& json);
template <>
base::Result<EventsSubscribeParams> decode(const nlohmann::json& json);
template <>
base::Result<EventsSubscribeResult> decode(const nlohmann::json& json);
template <>
base::Result<EventMessage> decode(const nlohmann::json& json);
template <>
base::Result<SubscriptionDroppedMessage> decode(const nlohmann::json& json);
template <>
base::Result<AlertsListResult> decode(const nlohmann::json& json);
template <>
base::Result<AlertParams> decode(const nlohmann::json& json);
template <>
base::Result<AlertResult> decode(const nlohmann::json& json);
template <>
base::Result<model::Status> decode(const nlohmann::json& json);
template <>
base::Result<model::AlertQuery> decode(const nlohmann::json& json);
template <>
base::Result<model::PastQuery> decode(const nlohmann::json& json);

/// A request of a method, typed.
template <Method M>
[[nodiscard]] Request make_request(Id id, const typename MessageTypes<M>::Params& params) {
  return {.id = std::move(id), .method = std::string(name_of(M)), .params = make_json(encode(params))};
}

}  // namespace portwatch::protocol

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::protocol::Role> =
    std::to_array<std::string_view>({"viewer", "reader", "admin"});
template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::protocol::Role> =
    std::optional(portwatch::protocol::Role::kViewer);
