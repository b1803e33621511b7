// SPDX-License-Identifier: Apache-2.0
// portwatchd is stopped by SIGSTOP for much longer than its interval, and goes on: what happened meanwhile
// happened while nobody watched, and it says so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/attack/starved/watched.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

/// Thirty intervals, and more than what a busy machine is forgiven.
constexpr std::chrono::seconds kStandstill{3};

bool is_stopped(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  return text.find(") T ") != std::string::npos;
}

TEST(Stopped, SaysThatNobodyWatchedAndAnswersWhoWaited) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  auto goes = std::make_unique<ListeningSocket>(SocketWishes{.port = free_named_port()});
  const std::uint16_t gone = goes->port();
  const ListeningSocket stays({.port = free_named_port()});
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(stays.port()).size() == 1; }));
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(gone).size() == 1; }));
  const auto subscriber = daemon.client();
  ASSERT_TRUE(subscriber->call("events.subscribe").is_object());
  const auto waiting = daemon.client();

  daemon.signal(SIGSTOP);
  ASSERT_TRUE(wait_until([&] { return is_stopped(daemon.pid()); }));
  const auto since = Clock::now();
  goes.reset();
  const ListeningSocket comes;
  waiting->send_line(R"({"jsonrpc": "2.0", "id": 77, "method": "listeners.list", "params": {}})");
  ASSERT_TRUE(wait_until([&] { return Clock::now() - since >= kStandstill; }));
  daemon.signal(SIGCONT);

  const auto answer = waiting->read_line();
  ASSERT_TRUE(answer);
  EXPECT_EQ(Json::parse(*answer).at("id"), 77);
  ASSERT_TRUE(wait_until([&] { return !daemon.events_on(comes.port()).empty(); }));
  ASSERT_TRUE(wait_until([&] { return stored(daemon, "closed", gone) == 1; }));
  ASSERT_TRUE(daemon.looks_again(5));
  const Json events = whole_log(daemon);
  ASSERT_EQ(count_of(events, "gap"), 1U) << events.dump(1);
  Json gap;
  for (const Json& event : events)
    if (event.at("kind") == "gap") gap = event.at("detail");
  EXPECT_LT(gap.at("from"), gap.at("to"));
  const Json opened = daemon.events_on(comes.port()).at(0);
  EXPECT_EQ(opened.at("precision"), "gap");
  EXPECT_GE(opened.at("earliest"), gap.at("from"));
  // A look that was under way may have read its tables before, so that the next one finds it.
  EXPECT_LE(opened.at("earliest"), gap.at("to"));
  const Json closed = daemon.events_on(gone).back();
  EXPECT_EQ(closed.at("precision"), "gap");
  EXPECT_EQ(daemon.events_on(stays.port()).size(), 2U) << "opened and its alert, nothing else";
  const Json first = subscriber->notification();
  ASSERT_TRUE(first.is_object());
  EXPECT_EQ(first.at("params").at("event").at("kind"), "gap") << "the gap comes before what was in it";

  const ListeningSocket after;
  ASSERT_TRUE(wait_until([&] { return !daemon.events_on(after.port()).empty(); }));
  EXPECT_EQ(daemon.events_on(after.port()).at(0).at("precision"), "poll") << "it watches again";
}

}  // namespace
}  // namespace portwatch::test
