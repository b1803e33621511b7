// SPDX-License-Identifier: Apache-2.0
#include "cli/client/rpc_daemon.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/client/event_filter.h"
#include "cli/client/page_trail.h"
#include "common/base/version.h"

namespace portwatch::cli {
namespace {

using protocol::Method;
using Clock = std::chrono::steady_clock;

/// How long an answer may take: history comes from a disk that may be busy.
constexpr base::Micros kPatience = std::chrono::seconds(30);
/// The same for hello, which asks no disk: who does not answer that soon is no portwatchd.
constexpr base::Micros kPatienceForHello = std::chrono::seconds(10);
/// How often a follower is asked whether it still listens.
constexpr base::Micros kFollowerCheck = std::chrono::milliseconds(500);

/// Through a list whose places are opaque.
PageTrail<std::string> trail_of_listeners() {
  return {"list of listeners", std::nullopt};
}

}  // namespace

base::Result<protocol::JsonRef> RpcDaemon::ask(protocol::Request request) {
  if (is_given_up_) return base::fail(base::ErrorCode::kUnavailable, "portwatchd has ended this session");
  const protocol::Id id = request.id.value_or(protocol::Id{});
  const std::string method = request.method;
  const base::Micros patience = method == protocol::name_of(Method::kHello) ? kPatienceForHello : kPatience;
  connection_->send(request);
  // What is told in between, or answers nothing, does not make the wait longer.
  const Clock::time_point deadline = Clock::now() + patience;
  while (true) {
    const auto left = std::chrono::ceil<base::Micros>(deadline - Clock::now());
    base::Result<std::optional<Connection::Message>> message(std::nullopt);
    if (left > base::Micros{0}) message = connection_->receive(left);
    if (!message) return std::unexpected(message.error());
    if (!*message) {
      is_given_up_ = true;
      return base::fail(base::ErrorCode::kTimeout, fmt::format("portwatchd did not answer {} within {}",
                                                               method, base::format_duration(patience)));
    }
    const auto* response = std::get_if<protocol::Response>(&**message);
    if (response == nullptr) continue;
    const auto* error = response->error();
    // What the daemon says of the session as a whole, before it hangs up, answers no request in particular.
    const bool is_about_session = error != nullptr && std::holds_alternative<std::monostate>(response->id);
    if (is_about_session) is_given_up_ = true;
    if (response->id != id && !is_about_session) continue;
    if (error != nullptr) return std::unexpected(protocol::from_rpc(*error));
    return *response->result();
  }
}

template <Method M>
base::Result<typename protocol::MessageTypes<M>::Result> RpcDaemon::ask(
    const typename protocol::MessageTypes<M>::Params& params) {
  const auto answer = ask(protocol::make_request<M>(++last_id_, params));
  if (!answer) return std::unexpected(answer.error());
  auto result = protocol::decode<typename protocol::MessageTypes<M>::Result>(**answer);
  if (!result)
    return base::with_context(fmt::format("portwatchd's answer to {}", protocol::name_of(M)), result.error());
  return result;
}

base::Result<std::unique_ptr<RpcDaemon>> RpcDaemon::greet(std::unique_ptr<Connection> connection) {
  std::unique_ptr<RpcDaemon> daemon(new RpcDaemon(std::move(connection)));
  auto hello = daemon->ask<Method::kHello>(
      {.client = fmt::format("portwatchctl {}", base::kVersion), .protocols = {protocol::kProtocolVersion}});
  if (!hello) return std::unexpected(hello.error());
  daemon->hello_ = std::move(*hello);
  return daemon;
}

std::optional<protocol::Cursor> RpcDaemon::complete(std::optional<protocol::Cursor> cursor) const {
  if (cursor && cursor->epoch.empty()) cursor->epoch = hello_.epoch;
  return cursor;
}

base::Result<model::Status> RpcDaemon::status() {
  return ask<Method::kStatus>({});
}

base::Result<std::vector<model::ListenerRef>> RpcDaemon::listeners(std::optional<base::Port> port) {
  std::vector<model::ListenerRef> listeners;
  protocol::ListenersListParams params;
  if (port) params.port = net::PortQuery{.port = *port};
  auto trail = trail_of_listeners();
  do {
    params.after = trail.after();
    auto page = ask<Method::kListenersList>(params);
    if (!page) return std::unexpected(page.error());
    PW_TRY(trail.go_on(page->next, page->listeners.size()));
    std::ranges::move(page->listeners, std::back_inserter(listeners));
  } while (trail.after());
  return listeners;
}

base::Result<std::vector<model::ListenerRef>> RpcDaemon::listeners_in_brief() {
  std::vector<model::AlikeListeners> groups;
  auto trail = trail_of_listeners();
  do {
    auto page = ask<Method::kListenersBrief>({.after = trail.after()});
    if (!page) return std::unexpected(page.error());
    std::size_t count = 0;
    for (model::AlikeListeners& group : page->groups) {
      count += group.ports.size();
      groups.push_back(std::move(group));
    }
    PW_TRY(trail.go_on(page->next, count));
  } while (trail.after());
  return model::spread(groups);
}

base::Result<model::ConnectionList> RpcDaemon::connections(base::Port port) {
  return ask<Method::kListenersClients>({.port = port});
}

base::Result<std::vector<model::ListenerRef>> RpcDaemon::listeners_at(const model::PastQuery& query) {
  std::vector<model::ListenerRef> listeners;
  model::PastQuery params = query;
  PageTrail<model::PastPlace> trail(
      "list of listeners", query.after,
      [](const model::PastPlace& next, const model::PastPlace& after) { return next > after; });
  while (true) {
    auto page = ask<Method::kListenersAt>(params);
    if (!page) return std::unexpected(page.error());
    PW_TRY(trail.go_on(page->next, page->listeners.size()));
    std::ranges::move(page->listeners, std::back_inserter(listeners));
    if (!trail.after()) return listeners;
    params.after = trail.after();
  }
}

base::Result<EventsAnswer> RpcDaemon::events(const EventsQuestion& question) {
  EventsQuestion params = question;
  params.after = complete(params.after);
  return ask<Method::kEventsList>(params);
}

base::Result<model::AlertPage> RpcDaemon::alerts(const model::AlertQuery& query) {
  auto answer = ask<Method::kAlertsList>(query);
  if (!answer) return std::unexpected(answer.error());
  return model::AlertPage{.alerts = std::move(answer->alerts), .next = answer->next};
}

base::Result<model::Alert> RpcDaemon::change_alert(base::AlertId id, AlertAction action) {
  const protocol::AlertParams params{.id = id};
  auto answer = action == AlertAction::kApprove  ? ask<Method::kAlertsApprove>(params)
                : action == AlertAction::kReject ? ask<Method::kAlertsReject>(params)
                                                 : ask<Method::kAlertsAck>(params);
  if (!answer) return std::unexpected(answer.error());
  return std::move(answer->alert);
}

base::Status RpcDaemon::follow(EventsQuestion& question, const Follower& follower) {
  question.after = complete(question.after);
  const auto subscription = ask<Method::kEventsSubscribe>(
      {.after = question.after, .kinds = question.query.kinds, .is_alerts_only = false});
  if (!subscription) return std::unexpected(subscription.error());
  question.after = subscription->cursor;
  while (follower.is_listening()) {
    auto message = connection_->receive(kFollowerCheck);
    if (!message) return std::unexpected(message.error());
    if (!*message) continue;
    const auto* notification = std::get_if<protocol::Notification>(&**message);
    if (notification == nullptr) continue;
    if (notification->method == protocol::kSubscriptionDroppedNotification) {
      is_given_up_ = true;
      const auto dropped = protocol::decode<protocol::SubscriptionDroppedMessage>(*notification->params);
      return base::fail(
          base::ErrorCode::kUnavailable,
          "portwatchd ended the subscription: " + (dropped ? dropped->reason : dropped.error().message));
    }
    if (notification->method != protocol::kEventNotification) continue;
    const auto told = protocol::decode<protocol::EventMessage>(*notification->params);
    if (!told) return base::with_context("portwatchd told of an event", told.error());
    question.after = told->cursor;
    if (!told->event) {
      if (follower.on_unknown_event) follower.on_unknown_event();
    } else if (matches(question.query, *told->event)) {
      follower.on_event(*told->event);
    }
  }
  return {};
}

}  // namespace portwatch::cli
