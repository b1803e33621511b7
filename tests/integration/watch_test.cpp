// SPDX-License-Identifier: Apache-2.0
// Following the event log: live, from a cursor, and over a restart of portwatchd.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;

/// Reads what is told until an event of this kind on this port comes.
Json next_event(RpcClient& client, std::string_view kind, std::uint16_t port) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    const Json message = client.notification();
    if (!message.is_object() || message.value("method", "") != "event") continue;
    const Json& params = message.at("params");
    const Json& event = params.at("event");
    if (event.at("kind") == kind && !event.at("listener").is_null() &&
        event.at("listener").at("port") == port)
      return params;
  }
  return nullptr;
}

TEST(Watch, TellsASubscriberOfOpenAndCloseAsTheyBecomeDurable) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  const auto client = daemon.client();
  ASSERT_TRUE(client->call("events.subscribe").is_object());
  ListeningSocket socket;
  const Json opened = next_event(*client, "opened", socket.port());
  ASSERT_TRUE(opened.is_object());
  const Json stored = daemon.events_on(socket.port());
  ASSERT_FALSE(stored.empty()) << "what is told is stored";
  EXPECT_EQ(stored.at(0).at("seq"), opened.at("event").at("seq"));
  socket.close();
  const Json closed = next_event(*client, "closed", socket.port());
  ASSERT_TRUE(closed.is_object());
  EXPECT_GT(closed.at("event").at("seq"), opened.at("event").at("seq"));
}

TEST(Watch, ResumesBehindACursorAlsoAfterARestart) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  auto client = daemon.client();
  ASSERT_TRUE(client->call("events.subscribe").is_object());
  ListeningSocket first;
  const Json seen = next_event(*client, "opened", first.port());
  ASSERT_TRUE(seen.is_object());

  ASSERT_EQ(daemon.stop(), 0);
  const ListeningSocket second;
  ASSERT_TRUE(daemon.start());
  client = daemon.client();
  ASSERT_TRUE(client->call("events.subscribe", {{"after", seen.at("cursor")}}).is_object());
  std::int64_t last = seen.at("event").at("seq");
  bool has_come = false;
  while (!has_come) {
    const Json message = client->notification();
    ASSERT_TRUE(message.is_object()) << "the opening of the second socket was not told";
    const Json& event = message.at("params").at("event");
    EXPECT_EQ(event.at("seq"), last + 1) << "nothing is told twice or left out";
    last = event.at("seq");
    has_come = event.at("kind") == "opened" && event.at("listener").at("port") == second.port();
  }
}

TEST(Watch, CliWritesOneEventALine) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  ChildProcess watch(daemon.ctl_argv({"watch", "--json"}));
  // Its session is there once it was counted besides the one that asks.
  ASSERT_TRUE(wait_until([&] { return daemon.client()->call("status").at("sessions").get<int>() >= 2; }));
  ListeningSocket socket;
  const std::string port = "\"port\":" + std::to_string(socket.port());
  const auto events = [&] {
    std::vector<std::string> kinds;
    std::istringstream lines(watch.out());
    for (std::string line; std::getline(lines, line);) {
      const Json event = Json::parse(line, nullptr, false);
      if (event.is_object() && !event.at("listener").is_null() &&
          event.at("listener").at("port") == socket.port())
        kinds.push_back(event.at("kind"));
    }
    return kinds;
  };
  ASSERT_TRUE(wait_until([&] { return std::ranges::count(events(), "opened") == 1; }))
      << watch.out() << watch.err();
  socket.close();
  ASSERT_TRUE(wait_until([&] { return std::ranges::count(events(), "closed") == 1; }))
      << watch.out() << watch.err();
  watch.signal(SIGINT);
  EXPECT_TRUE(watch.wait());
}

}  // namespace
}  // namespace portwatch::test
