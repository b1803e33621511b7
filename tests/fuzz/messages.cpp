// SPDX-License-Identifier: Apache-2.0
// A line as the daemon reads it and as a client does: it is read or refused, a refusal can be sent, and what
// was read is, when it is written and read again, the same.
#include <string>

#include <nlohmann/json.hpp>

#include "common/protocol/messages.h"
#include "tests/fuzz/target.h"

namespace portwatch::fuzz {
namespace {

using nlohmann::json;

bool is_one_line(const std::string& line) {
  return line.find('\n') == line.size() - 1;
}
std::string_view without_newline(const std::string& line) {
  return std::string_view(line).substr(0, line.size() - 1);
}

template <class T>
void read_as(const json& value) {
  const base::Result<T> read = protocol::decode<T>(value);
  if (!read) {
    PW_ASSERT(read.error().code == base::ErrorCode::kCorrupt && !read.error().message.empty());
    return;
  }
  const json written = protocol::encode(*read);
  const base::Result<T> again = protocol::decode<T>(written);
  PW_ASSERT(again);
  PW_ASSERT(protocol::encode(*again) == written);
}

template <protocol::Method... kMethod>
void read_as_params(std::string_view name, const json& params) {
  ((name == protocol::name_of(kMethod) ? read_as<typename protocol::MessageTypes<kMethod>::Params>(params)
                                       : void()),
   ...);
}

void request(std::string_view line) {
  const auto request = protocol::decode_request(line);
  if (!request) {
    const std::string refusal = protocol::encode(request.error());
    PW_ASSERT(is_one_line(refusal) && refusal.size() < 1000);
    const auto read = protocol::decode_reply(without_newline(refusal));
    PW_ASSERT(read && std::get<protocol::Response>(*read).error() != nullptr);
    return;
  }
  const std::string written = protocol::encode(*request);
  PW_ASSERT(is_one_line(written));
  const auto again = protocol::decode_request(without_newline(written));
  PW_ASSERT(again && again->id == request->id && again->method == request->method &&
            *again->params == *request->params);

  using enum protocol::Method;
  read_as_params<kAlertsAck, kAlertsApprove, kAlertsList, kAlertsReject, kAlertsShow, kEventsList,
                 kEventsSubscribe, kEventsUnsubscribe, kHello, kListenersAt, kListenersBrief,
                 kListenersClients, kListenersList, kStatus>(request->method, *request->params);
}

/// Which method a result answers is not in it: each is tried.
void result(const json& result) {
  read_as<protocol::HelloResult>(result);
  read_as<protocol::ListenersListResult>(result);
  read_as<protocol::ListenersAtResult>(result);
  read_as<protocol::ListenersBriefResult>(result);
  read_as<model::ConnectionList>(result);
  read_as<protocol::EventsListResult>(result);
  read_as<protocol::EventsSubscribeResult>(result);
  read_as<protocol::AlertsListResult>(result);
  read_as<protocol::AlertResult>(result);
  read_as<model::Status>(result);
}

void reply(std::string_view line) {
  const auto reply = protocol::decode_reply(line);
  if (!reply) {
    PW_ASSERT(reply.error().code == base::ErrorCode::kCorrupt);
    return;
  }
  const std::string written =
      std::visit([](const auto& message) { return protocol::encode(message); }, *reply);
  PW_ASSERT(is_one_line(written));
  const auto again = protocol::decode_reply(without_newline(written));
  PW_ASSERT(again && again->index() == reply->index());
  PW_ASSERT(std::visit([](const auto& message) { return protocol::encode(message); }, *again) == written);

  if (const auto* told = std::get_if<protocol::Notification>(&*reply)) {
    read_as<protocol::EventMessage>(*told->params);
    read_as<protocol::SubscriptionDroppedMessage>(*told->params);
  } else if (const auto* answer = std::get<protocol::Response>(*reply).result()) {
    result(**answer);
  }
}

}  // namespace

void messages(std::string_view input) {
  request(input);
  reply(input);
}

}  // namespace portwatch::fuzz
