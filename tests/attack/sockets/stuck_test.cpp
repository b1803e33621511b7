// SPDX-License-Identifier: Apache-2.0
// Processes that keep whoever looks into them waiting.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>
#include <string>

#include "tests/attack/sockets/socket_facts.h"
#include "tests/attack/sockets/stuck_process.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Somebody else has no such processes to be afraid of here; the same is held without them by
/// GuardedSensorTest.
bool is_possible() {
  return StuckProcess::can_be_made();
}

TEST(Stuck, AProcessThatKeepsLooksWaitingHidesNobodyElse) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  if (!is_possible()) return;
  const std::uint16_t port = free_named_port();
  const StuckProcess stuck(port);
  ASSERT_TRUE(daemon.sees(port)) << "it is seen itself";
  const ListeningSocket other({.port = free_named_port()});
  EXPECT_TRUE(daemon.sees(other.port()));
  EXPECT_EQ(only_listener(daemon, other.port()).at("attribution"), "exact");

  const Json hidden = only_listener(daemon, port);
  EXPECT_EQ(hidden.at("attribution"), "denied");
  EXPECT_EQ(hidden.at("service").at("user"), "nobody");
  const Outcome status = daemon.ctl({"status"});
  EXPECT_THAT(status.out, AllOf(HasSubstr("portwatch is watching"),
                                HasSubstr("process " + std::to_string(stuck.pid()) +
                                          " of nobody keeps whoever looks into it waiting")));
  EXPECT_TRUE(daemon.has_said("process " + std::to_string(stuck.pid())));
  EXPECT_EQ(daemon.stop(), 0) << "nobody waits for the thread that waits for it";
}

TEST(Stuck, AUserWithManyOfThemStopsNeitherAStartNorLooks) {
  DaemonHarness daemon;
  if (!is_possible()) {
    EXPECT_TRUE(daemon.start());
    return;
  }
  std::list<StuckProcess> stuck;
  std::vector<std::uint16_t> ports;
  for (int i = 0; i < 5; ++i) stuck.emplace_back(ports.emplace_back(free_named_port()));
  const ListeningSocket other({.port = free_named_port()});
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(only_listener(daemon, other.port()).at("attribution"), "exact");
  for (const std::uint16_t port : ports) EXPECT_TRUE(daemon.sees(port));
  EXPECT_THAT(daemon.ctl({"status"}).out,
              HasSubstr("processes of nobody keep whoever looks into them waiting"));
  EXPECT_TRUE(daemon.looks_again(5));
}

}  // namespace
}  // namespace portwatch::test
