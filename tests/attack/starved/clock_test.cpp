// SPDX-License-Identifier: Apache-2.0
// The wall clock is set ahead and back under a real portwatchd.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/attack/starved/false_world.h"
#include "tests/attack/starved/watched.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using std::chrono::days;
using std::chrono::hours;

class SetClock : public testing::Test {
 protected:
  static DaemonHarness::Options options(const FalseWorld& world, std::string configuration) {
    DaemonHarness::Options options;
    options.configuration = "[scan]\ninterval = \"100ms\"\n" + std::move(configuration);
    options.environment = world.environment();
    return options;
  }
  /// A listener that opens, is stored, closes, and that is stored too.
  static void open_and_close(DaemonHarness& daemon) {
    auto socket = std::make_unique<ListeningSocket>(SocketWishes{});
    const std::uint16_t port = socket->port();
    ASSERT_TRUE(wait_until([&] { return !daemon.events_on(port).empty(); }));
    socket.reset();
    ASSERT_TRUE(wait_until([&] { return daemon.events_on(port).back().at("kind") == "closed"; }));
  }

  FalseWorld world;
};

TEST_F(SetClock, ChangesNothingAboutOrderAndDurations) {
  DaemonHarness daemon(options(world, "[policy]\nlearning = \"0s\"\n"));
  ASSERT_TRUE(daemon.start());
  ListeningSocket stays;
  ASSERT_TRUE(daemon.sees(stays.port()));
  for (const auto ahead : {days{0}, days{365}, days{-2}, days{-20'000}, days{0}}) {
    world.set_wall_clock(ahead);
    open_and_close(daemon);
    ASSERT_FALSE(HasFatalFailure());
  }
  ASSERT_EQ(daemon.stop(), 0);
  world.set_wall_clock(days{-1});
  ASSERT_TRUE(daemon.start());
  open_and_close(daemon);

  std::int64_t last_looked = 0;
  for (const Json& event : whole_log(daemon)) {
    SCOPED_TRACE(event.dump());
    if (!event.at("earliest").is_null()) EXPECT_LE(event.at("earliest"), event.at("time"));
    if (event.at("kind") == "gap") {
      EXPECT_LE(event.at("detail").at("from"), event.at("detail").at("to"));
      EXPECT_EQ(event.at("detail").at("reason"), "portwatchd was not running") << "it watched all the time";
    }
    EXPECT_NE(event.at("kind"), "suspended");
    if (event.at("kind") != "opened" && event.at("kind") != "closed") continue;
    EXPECT_GE(event.at("boot_us"), last_looked) << "in the boot clock the order is that of seq";
    last_looked = event.at("boot_us");
    const Json& listener = event.at("listener");
    if (!listener.at("closed_boot_us").is_null())
      EXPECT_GE(listener.at("closed_boot_us"), listener.at("opened_boot_us"));
  }
  EXPECT_EQ(stored(daemon, "opened", stays.port()), 1U);
  EXPECT_EQ(stored(daemon, "closed", stays.port()), 0U);
  EXPECT_EQ(daemon.ctl({"history"}).exit_code, 0);
}

TEST_F(SetClock, DoesNotCostTheHistory) {
  DaemonHarness daemon(options(world, "[history]\nretention = \"1h\"\n"));
  ASSERT_TRUE(daemon.start());
  open_and_close(daemon);
  const std::size_t events = whole_log(daemon).size();
  world.set_wall_clock(days{400});
  open_and_close(daemon);
  ASSERT_EQ(daemon.stop(), 0);
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(daemon.looks_again());
  EXPECT_GT(whole_log(daemon).size(), events) << "from the first event on";
  world.set_wall_clock({});
  open_and_close(daemon);
  EXPECT_GT(whole_log(daemon).size(), events);
}

TEST_F(SetClock, LetsAgeCountOnceItHasGoneSteadilyForAnHour) {
  DaemonHarness daemon(options(world, "[history]\nretention = \"100d\"\n"));
  ASSERT_TRUE(daemon.start());
  open_and_close(daemon);
  world.sleep_machine(hours{3});
  open_and_close(daemon);
  daemon.write_configuration("[scan]\ninterval = \"100ms\"\n[history]\nretention = \"1h\"\n");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] {
    const Json first = daemon.client()->call("events.list", {{"limit", 1}}).at("events").at(0);
    return first.at("seq") > 1;
  })) << "a new retention counts from the reload on";
  EXPECT_TRUE(wait_until([&] { return store_problem(daemon).empty(); }));
}

TEST_F(SetClock, NeitherEndsLearningNorDrawsItOut) {
  DaemonHarness daemon(options(world, "[policy]\nlearning = \"1h\"\n"));
  ASSERT_TRUE(daemon.start());
  world.set_wall_clock(days{2});
  const ListeningSocket first({.port = free_named_port()});
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(first.port()).size() == 1; }));
  EXPECT_EQ(daemon.alerts_on(first.port()).at(0).at("delivery"), "after-learning");
  world.set_wall_clock(days{-2});
  world.sleep_machine(hours{2});
  EXPECT_TRUE(wait_until([&] { return daemon.alerts_on(first.port()).at(0).at("delivery") == "now"; }));
}

}  // namespace
}  // namespace portwatch::test
