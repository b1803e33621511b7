// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every method that the daemon answers: its name, who may call it, and what it does. PROTOCOL.md describes
// each.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/enum_names.h"

namespace portwatch::protocol {

enum class Method : std::uint8_t {
  kAlertsAck,
  kAlertsApprove,
  kAlertsList,
  kAlertsReject,
  kAlertsShow,
  kEventsList,
  kEventsSubscribe,
  kEventsUnsubscribe,
  kHello,
  kListenersAt,
  kListenersBrief,
  kListenersClients,
  kListenersList,
  kStatus,
};

enum class Access : std::uint8_t {
  kSee,          ///< every peer that the kernel names; what it may not see is null and named in `redacted`
  kAcknowledge,  ///< administrators, and every user for their own loopback listeners below medium; also when
                 ///< the policy is locked: it says nothing about what belongs here
  kDecide,       ///< administrators; with self_approve users as for kAcknowledge
};

struct MethodInfo {
  Method method;
  std::string_view name;
  Access access;
  std::string_view summary;
};

/// In the order of Method, which is the order of the names.
inline constexpr auto kMethods = std::to_array<MethodInfo>({
    {Method::kAlertsAck, "alerts.ack", Access::kAcknowledge,
     "say that an alert was seen; its return counts up silently"},
    {Method::kAlertsApprove, "alerts.approve", Access::kDecide, "add the alert's service to the baseline"},
    {Method::kAlertsList, "alerts.list", Access::kSee, "what nobody expected, newest first"},
    {Method::kAlertsReject, "alerts.reject", Access::kDecide,
     "say that it must not return: its return is high"},
    {Method::kAlertsShow, "alerts.show", Access::kSee, "one alert"},
    {Method::kEventsList, "events.list", Access::kSee, "stored history, a page at a time"},
    {Method::kEventsSubscribe, "events.subscribe", Access::kSee, "tell of events as they become durable"},
    {Method::kEventsUnsubscribe, "events.unsubscribe", Access::kSee, "tell no more"},
    {Method::kHello, "hello", Access::kSee, "agree on a protocol version; the first request of a session"},
    {Method::kListenersAt, "listeners.at", Access::kSee, "who listened at a time in the past"},
    {Method::kListenersBrief, "listeners.brief", Access::kSee,
     "who listens now, as a table shows it, in few bytes"},
    {Method::kListenersClients, "listeners.clients", Access::kSee,
     "who is connected to a port now, with the programs of both sides"},
    {Method::kListenersList, "listeners.list", Access::kSee, "who listens now"},
    {Method::kStatus, "status", Access::kSee, "whether portwatchd watches, with what, and how well"},
});

static_assert(std::ranges::is_sorted(kMethods, {}, &MethodInfo::name));
static_assert(std::ranges::adjacent_find(kMethods, {}, &MethodInfo::name) == kMethods.end());
static_assert([] {
  for (std::size_t i = 0; i < kMethods.size(); ++i)
    if (static_cast<std::size_t>(kMethods[i].method) != i) return false;
  return true;
}());

[[nodiscard]] constexpr const MethodInfo& info_of(Method method) {
  return kMethods[static_cast<std::size_t>(method)];
}
[[nodiscard]] constexpr std::string_view name_of(Method method) {
  return info_of(method).name;
}
[[nodiscard]] constexpr std::optional<Method> find_method(std::string_view name) {
  const auto* const found = std::ranges::lower_bound(kMethods, name, {}, &MethodInfo::name);
  if (found == kMethods.end() || found->name != name) return std::nullopt;
  return found->method;
}

/// What the daemon sends without being asked, to subscribers.
inline constexpr std::string_view kEventNotification = "event";
inline constexpr std::string_view kSubscriptionDroppedNotification = "subscription.dropped";

}  // namespace portwatch::protocol
