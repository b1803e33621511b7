// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/session.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/protocol/methods.h"
#include "daemon/server/dispatcher.h"
#include "daemon/server/log_position.h"
#include "daemon/server/reply.h"

namespace portwatch::server {
namespace {

using protocol::Method;
using protocol::RpcCode;
using protocol::RpcError;

/// The kinds of event that a subscription asks for. Nothing: what it asks for at once excludes all.
std::optional<std::vector<model::EventKind>> kinds_of(const protocol::EventsSubscribeParams& params) {
  if (!params.is_alerts_only) return params.kinds;
  std::vector<model::EventKind> kinds;
  for (const auto kind : {model::EventKind::kAlertRaised, model::EventKind::kAlertChanged})
    if (params.kinds.empty() || std::ranges::find(params.kinds, kind) != params.kinds.end())
      kinds.push_back(kind);
  if (kinds.empty()) return std::nullopt;
  return kinds;
}

}  // namespace

Session::Session(Host host, Visitor visitor, uv::PipeConnection connection)
    : host_(std::move(host)),
      visitor_(std::move(visitor)),
      queries_(host_.queries.queries_of(visitor_.account())),
      connection_(std::move(connection)),
      framer_(protocol::kMaxRequestBytes),
      input_timer_(host_.loop,
                   [this] {
                     close({.code = RpcCode::kTimeout,
                            .message = has_greeted_ ? "a request was begun and not finished in time"
                                                    : "no hello came in time"});
                   }),
      output_timer_(host_.loop, [this] { check_output(); }),
      farewell_timer_(host_.loop, [this] { closed(); }),
      seat_(host_.turns, visitor_.account(), [this] { take_turn(); }) {}

void Session::start() {
  connection_.start({.on_bytes = [this](std::string_view bytes) { on_bytes(bytes); },
                     .on_end =
                         [this](const std::optional<base::Error>& error) {
                           if (error)
                             closed();
                           else
                             on_end();
                         },
                     .on_drained = [this] { on_drained(); }});
  watch_input();
}

void Session::on_bytes(std::string_view bytes) {
  const auto self = shared_from_this();
  if (is_closing_ || finish_reason_) return;
  framer_.feed(bytes);
  has_input_ = true;
  connection_.pause_reading();
  ask_for_turn();
}

/// The clock of a request runs from its first byte, however many follow, as long as it is the client that is
/// waited for; that of hello from the connection, whatever comes instead.
void Session::watch_input() {
  if (is_closing_) return;
  const bool is_waited_for = !has_greeted_ || (!has_input_ && framer_.has_begun());
  if (!is_waited_for)
    input_timer_.stop();
  else if (!input_timer_.is_active())
    input_timer_.start_once(host_.limits.request_timeout);
}

void Session::on_end() {
  const auto self = shared_from_this();
  has_peer_ended_ = true;
  // It can take no answer to a request that it did not finish, and a follower that hung up looks the same as
  // this.
  if (subscription_) subscription_->end();
  input_timer_.stop();
  ask_for_turn();
}

void Session::on_drained() {
  if (is_closing_) return;
  output_timer_.stop();
  ask_for_turn();
}

/// Looks several times before it says that nothing is taken: if it was our own loop that stood still, the
/// client gets its turn between two looks.
void Session::check_output() {
  const auto self = shared_from_this();
  const std::size_t taken = sent_bytes_ - connection_.queued_bytes();
  idle_checks_ = taken == taken_at_last_check_ ? idle_checks_ + 1 : 0;
  taken_at_last_check_ = taken;
  if (idle_checks_ == kIdleChecks)
    close({.code = RpcCode::kResourceExhausted, .message = "what was sent was not read in time"});
}

/// There is something to do, or to see that nothing is left. Asking once too often costs a look.
void Session::ask_for_turn() {
  if (!is_closing_ && has_room()) seat_.ask();
}

void Session::take_turn() {
  const auto self = shared_from_this();
  if (is_closing_ || !has_room()) return;
  is_in_turn_ = true;
  if (has_input_ && !is_answering_) take_line();
  if (subscription_ && !is_closing_) subscription_->on_room();
  is_in_turn_ = false;
  if (is_closing_ || is_answering_) return;
  if (has_input_)
    ask_for_turn();
  else if (finish_reason_)
    close(*finish_reason_);
  else if (has_peer_ended_)
    say_farewell();
}

void Session::take_line() {
  const auto frame = framer_.next();
  if (!frame) {
    has_input_ = false;
    if (!has_peer_ended_ && !finish_reason_) {
      connection_.resume_reading();
      watch_input();
    }
  } else if (frame->is_too_long) {
    send_failure(protocol::request_too_long());
  } else {
    on_line(frame->line);
  }
}

void Session::on_line(std::string_view line) {
  watch_input();
  const auto request = protocol::decode_request(line);
  if (!request) {
    send(protocol::encode(request.error()));
    return;
  }
  is_answering_ = true;
  answer(*request);
}

void Session::answer(const protocol::Request& request) {
  const std::optional<Method> method = protocol::find_method(request.method);
  const bool is_hello = method == Method::kHello;
  if (!has_greeted_ && !is_hello) {
    on_outcome(request.id, false,
               std::unexpected(
                   RpcError{.code = RpcCode::kHelloFirst, .message = "the first request must be hello"}));
    say_farewell();
    return;
  }
  if (!method) {
    on_outcome(request.id, false, std::unexpected(protocol::unknown_method(request.method)));
  } else if (is_hello && has_greeted_) {
    on_outcome(
        request.id, false,
        std::unexpected(RpcError{.code = RpcCode::kInvalidRequest, .message = "hello was said already"}));
  } else if (method == Method::kEventsSubscribe) {
    on_outcome(request.id, false, subscribe(*request.params));
    if (subscription_) subscription_->start(host_.committed());
  } else if (method == Method::kEventsUnsubscribe) {
    on_outcome(request.id, false, unsubscribe(*request.params));
  } else {
    dispatch(host_.context, {.viewer = visitor_.viewer, .queries = *queries_, .user = visitor_.name}, *method,
             *request.params, [weak = weak_from_this(), id = request.id, is_hello](Outcome outcome) {
               const auto self = weak.lock();
               if (!self || self->is_closed_) return;
               if (self->is_in_turn_) return self->on_outcome(id, is_hello, std::move(outcome));
               self->seat_.charge([&] { self->on_outcome(id, is_hello, std::move(outcome)); });
               self->ask_for_turn();
             });
  }
}

void Session::on_outcome(const std::optional<protocol::Id>& id, bool was_hello, Outcome outcome) {
  is_answering_ = false;
  if (is_closing_) return;
  const bool has_failed = !outcome.has_value();
  if (was_hello && !has_failed) {
    has_greeted_ = true;
    input_timer_.stop();
  }
  if (id) {
    protocol::Response response{.id = *id};
    if (outcome)
      response.outcome = std::move(*outcome);
    else
      response.outcome = std::move(outcome).error();
    send(protocol::encode(response));
  }
  // Without a common version nothing that follows can be understood.
  if (was_hello && has_failed) say_farewell();
}

Outcome Session::subscribe(const nlohmann::json& json) {
  auto params = protocol::decode<protocol::EventsSubscribeParams>(json);
  if (!params) return std::unexpected(protocol::invalid_params(params.error()));
  if (subscription_)
    return std::unexpected(RpcError{.code = RpcCode::kConflict,
                                    .message = "this session follows the log already",
                                    .suggestion = "call events.unsubscribe first"});
  const auto kinds = kinds_of(*params);
  if (!kinds)
    return std::unexpected(RpcError{.code = RpcCode::kInvalidParams,
                                    .message = "params: /kinds and /alerts_only exclude each other"});
  base::Seq after = host_.committed();
  if (params->after) {
    const auto position = position_of(*params->after, host_.context->identity.epoch);
    if (!position) return std::unexpected(position.error());
    if (*position > after)
      return std::unexpected(RpcError{.code = RpcCode::kInvalidParams,
                                      .message = "params: /after lies behind the end of the log"});
    after = *position;
  }
  last_told_ = params->after ? std::optional(after) : std::nullopt;
  subscription_ = std::make_shared<Subscription>(
      host_.queries.queries_of(visitor_.account()), visitor_.viewer, model::EventQuery{.kinds = *kinds},
      after,
      Subscription::Hooks{.tell = [this](const model::Event& event) { tell(event); },
                          .has_room =
                              [this] {
                                // Outside a turn it waits for one.
                                if (!is_in_turn_) ask_for_turn();
                                return is_in_turn_ && has_room();
                              },
                          .fail = [this](const base::Error& error) { close(protocol::to_rpc(error)); }});
  return outcome_of(
      protocol::EventsSubscribeResult{.cursor = {.epoch = host_.context->identity.epoch, .seq = after}});
}

Outcome Session::unsubscribe(const nlohmann::json& json) {
  if (const auto params = protocol::decode<protocol::Nothing>(json); !params)
    return std::unexpected(protocol::invalid_params(params.error()));
  if (subscription_) subscription_->end();
  subscription_.reset();
  return outcome_of(protocol::Nothing{});
}

void Session::on_committed(std::span<const model::Event> events) {
  const auto self = shared_from_this();
  if (subscription_ && !is_closing_) subscription_->on_committed(events);
}

void Session::tell(const model::Event& event) {
  last_told_ = event.seq;
  const protocol::EventMessage message{.event = event,
                                       .cursor = {.epoch = host_.context->identity.epoch, .seq = event.seq}};
  send(protocol::encode(protocol::Notification{.method = std::string(protocol::kEventNotification),
                                               .params = protocol::make_json(protocol::encode(message))}));
}

void Session::send(std::string line) {
  if (is_closing_) return;
  sent_bytes_ += line.size();
  connection_.write(std::move(line));
  if (!output_timer_.is_active()) {
    taken_at_last_check_ = sent_bytes_ - connection_.queued_bytes();
    idle_checks_ = 0;
    output_timer_.start_repeating(host_.limits.output_timeout / kIdleChecks);
  }
}

void Session::send_failure(RpcError error) {
  send(protocol::encode(protocol::failure({}, std::move(error))));
}

void Session::finish(RpcError reason) {
  const auto self = shared_from_this();
  if (is_closing_ || finish_reason_) return;
  finish_reason_ = std::move(reason);
  input_timer_.stop();
  connection_.pause_reading();
  if (subscription_) subscription_->end();
  ask_for_turn();
}

void Session::close(RpcError reason) {
  const auto self = shared_from_this();
  if (is_closing_) return;
  std::string last_words;
  if (subscription_) {
    protocol::SubscriptionDroppedMessage dropped{.reason = reason.message};
    if (last_told_)
      dropped.cursor = protocol::Cursor{.epoch = host_.context->identity.epoch, .seq = *last_told_};
    last_words = protocol::encode(
        protocol::Notification{.method = std::string(protocol::kSubscriptionDroppedNotification),
                               .params = protocol::make_json(protocol::encode(dropped))});
  }
  last_words += protocol::encode(protocol::failure({}, std::move(reason)));
  connection_.write(std::move(last_words));
  say_farewell();
}

void Session::say_farewell() {
  if (is_closing_) return;
  is_closing_ = true;
  if (subscription_) subscription_->end();
  input_timer_.stop();
  output_timer_.stop();
  connection_.pause_reading();
  farewell_timer_.start_once(host_.limits.farewell);
  connection_.finish_writing([this] { closed(); });
}

void Session::closed() {
  if (std::exchange(is_closed_, true)) return;
  const auto self = shared_from_this();
  is_closing_ = true;
  if (subscription_) subscription_->end();
  input_timer_.stop();
  output_timer_.stop();
  farewell_timer_.stop();
  host_.on_closed();
}

}  // namespace portwatch::server
