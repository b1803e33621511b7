// SPDX-License-Identifier: Apache-2.0
// portwatchd goes and comes back: what went on continues, what changed meanwhile is judged with a time that
// says so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;

class Restart : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(daemon.start()); }
  void restart() {
    ASSERT_EQ(daemon.stop(), 0);
    ASSERT_TRUE(daemon.start());
  }

  DaemonHarness daemon;
};

TEST_F(Restart, ListenerThatStayedIsTheSameAndNothingIsSaidOfIt) {
  const ListeningSocket socket;
  ASSERT_TRUE(daemon.sees(socket.port()));
  ASSERT_TRUE(wait_until([&] { return !daemon.events_on(socket.port()).empty(); }));
  const Json before = daemon.listeners_on(socket.port()).at(0);
  const Json events_before = daemon.events_on(socket.port());
  restart();
  ASSERT_TRUE(daemon.sees(socket.port()));
  EXPECT_TRUE(daemon.looks_again());
  const Json after = daemon.listeners_on(socket.port()).at(0);
  EXPECT_EQ(after.at("id"), before.at("id"));
  EXPECT_EQ(after.at("opened_at"), before.at("opened_at"));
  EXPECT_EQ(daemon.events_on(socket.port()), events_before);
}

TEST_F(Restart, ListenerThatOpenedMeanwhileIsJudgedWithinAGap) {
  ASSERT_EQ(daemon.stop(), 0);
  const ListeningSocket socket({.port = free_named_port()});
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(socket.port()).size() == 1; }));
  const Json listener = daemon.listeners_on(socket.port()).at(0);
  EXPECT_EQ(listener.at("opened_precision"), "gap");
  EXPECT_FALSE(listener.at("opened_earliest").is_null());
  EXPECT_EQ(listener.at("verdict"), "unknown");
}

TEST_F(Restart, ListenerThatWentMeanwhileIsClosedWithinAGap) {
  auto socket = std::make_unique<ListeningSocket>();
  const std::uint16_t port = socket->port();
  ASSERT_TRUE(daemon.sees(port));
  ASSERT_EQ(daemon.stop(), 0);
  socket.reset();
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(wait_until([&] {
    const Json events = daemon.events_on(port);
    return !events.empty() && events.back().at("kind") == "closed";
  }));
  EXPECT_EQ(daemon.events_on(port).back().at("precision"), "gap");
}

TEST_F(Restart, WhatWasTurnedDownIsStillTurnedDownAfterAKill) {
  const ListeningSocket socket({.port = free_named_port()});
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(socket.port()).size() == 1; }));
  const std::int64_t id = daemon.alerts_on(socket.port()).at(0).at("id");
  EXPECT_EQ(daemon.ctl({"alerts", "reject", std::to_string(id)}).exit_code, 0);
  daemon.signal(SIGKILL);
  EXPECT_EQ(daemon.wait(), 128 + SIGKILL);
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(daemon.alerts_on(socket.port()).at(0).at("state"), "rejected");
}

TEST_F(Restart, EventsGoOnWhereTheyEndedWithoutAHole) {
  restart();
  ASSERT_TRUE(daemon.looks_again());
  const Json events = daemon.client()->call("events.list").at("events");
  ASSERT_FALSE(events.empty());
  std::vector<std::string> of_the_daemon;
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events.at(i).at("seq"), i + 1);
    if (const std::string kind = events.at(i).at("kind");
        kind == "started" || kind == "stopped" || kind == "gap")
      of_the_daemon.push_back(kind);
  }
  EXPECT_THAT(of_the_daemon, testing::IsSupersetOf({"started", "stopped", "started", "gap"}));
}

TEST_F(Restart, DamagedDatabaseIsSetAsideLoudlyAndWatchingGoesOn) {
  ASSERT_EQ(daemon.stop(), 0);
  // Without its log, which could mend it.
  std::filesystem::remove(daemon.state() / "portwatch.db-wal");
  std::ofstream(daemon.state() / "portwatch.db") << std::string(8192, 'x');
  ASSERT_TRUE(daemon.start());
  EXPECT_TRUE(daemon.has_said("portwatch.db.damaged-"));
  const ListeningSocket socket;
  EXPECT_TRUE(daemon.sees(socket.port()));
}

}  // namespace
}  // namespace portwatch::test
