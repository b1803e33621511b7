// SPDX-License-Identifier: Apache-2.0
#include "tests/attack/crash/subscriber.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/support/rpc_client.h"

namespace portwatch::test {

using Json = nlohmann::json;

Subscriber::Subscriber(std::filesystem::path socket, std::uint64_t seed)
    : socket_(std::move(socket)), random_(seed), thread_([this] { run(); }) {}

Subscriber::~Subscriber() {
  is_ending_ = true;
  thread_.join();
}

std::map<std::int64_t, Json> Subscriber::told() const {
  const std::scoped_lock lock(mutex_);
  return told_;
}

std::int64_t Subscriber::last_seq() const {
  const std::scoped_lock lock(mutex_);
  return told_.empty() ? 0 : told_.rbegin()->first;
}

std::vector<std::int64_t> Subscriber::acknowledged() const {
  const std::scoped_lock lock(mutex_);
  return acknowledged_;
}

int Subscriber::sessions() const {
  const std::scoped_lock lock(mutex_);
  return sessions_;
}

void Subscriber::run() {
  while (!is_ending_) {
    follow_one_session();
    (void)wait_until([&] { return is_ending_ || RpcClient(socket_).is_connected(); },
                     std::chrono::milliseconds{50});
  }
}

void Subscriber::follow_one_session() {
  RpcClient client(socket_);
  if (!client.is_connected()) return;
  const Json hello = client.hello();
  if (!hello.is_object()) return;
  if (cursor_.empty()) cursor_ = hello.at("epoch").get<std::string>() + ".0";
  if (!client.call("events.subscribe", {{"after", cursor_}}).is_object()) return;
  {
    const std::scoped_lock lock(mutex_);
    ++sessions_;
  }
  while (!client.has_ended() && !is_ending_) {
    if (const Json message = client.notification(std::chrono::milliseconds{20}); message.is_object())
      note(message);
    if (to_acknowledge_.empty() || client.has_ended()) continue;
    const std::int64_t id = to_acknowledge_.back();
    to_acknowledge_.pop_back();
    if (!client.call("alerts.ack", {{"id", id}}).is_object()) continue;
    const std::scoped_lock lock(mutex_);
    acknowledged_.push_back(id);
  }
}

void Subscriber::note(const Json& message) {
  if (message.value("method", "") != "event") return;
  const Json& params = message.at("params");
  const Json& event = params.at("event");
  const std::int64_t seq = event.at("seq");
  cursor_ = params.at("cursor");
  if (event.at("kind") == "alert_raised" && random_.chance(30))
    to_acknowledge_.push_back(event.at("detail").at("alert").at("id"));
  const std::scoped_lock lock(mutex_);
  EXPECT_EQ(seq, (told_.empty() ? 0 : told_.rbegin()->first) + 1) << "told again, or left out";
  told_.emplace(seq, event);
}

}  // namespace portwatch::test
