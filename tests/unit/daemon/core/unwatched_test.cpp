// SPDX-License-Identifier: Apache-2.0
// What listens where nobody looks any more: a sensor that sees one network takes the place of one that saw
// them all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/engine.h"
#include "tests/support/core_rig.h"

namespace portwatch::core {
namespace {

using model::EventKind;
using test::CoreRig;
using test::endpoint;
using test::FakeProcess;
using test::kinds;
using test::of_kind;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr base::Netns kElsewhere{77};
constexpr model::Table kOthers{base::Netns{}, net::Protocol::kTcp, net::Family::kIpv4};

class UnwatchedTest : public testing::Test {
 protected:
  UnwatchedTest() {
    machine_.cover_all_networks();
    rig_.look();
    const auto id =
        machine_.listen(endpoint("0.0.0.0", 8080),
                        {FakeProcess(500).exe("/usr/sbin/nginx").user(0, "root").ref()}, kElsewhere);
    rig_.look();
    rig_.look();
    last_seen_ = machine_.now().utc - std::chrono::milliseconds{5};  // the look began then
    there_ = machine_.sighting(id);
  }

  /// Another sensor looks from now on, which does not see other networks.
  void see_own_network() {
    machine_.cover_everything();
    machine_.close(there_.socket.id);
  }
  /// And again one that does.
  void see_all_networks() { machine_.cover_all_networks(); }

  CoreRig rig_{{.learning = base::Micros{0}}};
  test::FakeMachine& machine_ = rig_.machine;
  model::Sighting there_;
  base::UtcTime last_seen_;
};

TEST_F(UnwatchedTest, IsToldWithTheTimeWhenItWasSeenLast) {
  EXPECT_FALSE(rig_.only_listener()->unwatched_since) << "somebody watches";
  see_own_network();
  std::vector<model::Event> events = rig_.look();
  EXPECT_EQ(rig_.only_listener()->unwatched_since, last_seen_) << "at once";
  for (int i = 0; i < 10; ++i)
    for (model::Event& event : rig_.look()) events.push_back(std::move(event));
  ASSERT_THAT(kinds(events), ElementsAre("coverage_changed"));
  EXPECT_EQ(events.front().time.earliest, last_seen_);
  EXPECT_EQ(rig_.only_listener()->unwatched_since, last_seen_);
  ASSERT_THAT(rig_.engine().coverage().holes, SizeIs(1)) << "so clients hear of it";
  EXPECT_EQ(rig_.engine().coverage().holes.front().table, kOthers);
  EXPECT_EQ(rig_.log.listeners.begin()->second->unwatched_since, last_seen_) << "for the next run";
}

/// While the last of them was seen the others were watched, and what is stored has one time for all.
TEST_F(UnwatchedTest, IsEverybodySinceTheSameTime) {
  machine_.coverage().holes.push_back({{kElsewhere, net::Protocol::kTcp, net::Family::kIpv4}, "not shown"});
  machine_.listen(endpoint("0.0.0.0", 8081), {FakeProcess(501).exe("/usr/sbin/httpd").ref()},
                  base::Netns{78});
  rig_.look();
  machine_.close(there_.socket.id);  // its end would be told, and no look shows it
  rig_.look();
  rig_.look();
  const base::UtcTime seen = machine_.now().utc - std::chrono::milliseconds{5};
  machine_.cover_everything();
  const model::SocketId other = machine_.sightings().front().socket.id;
  machine_.close(other);
  rig_.look();
  ASSERT_THAT(rig_.engine().listeners(), SizeIs(2));
  for (const model::ListenerRef& listener : rig_.engine().listeners())
    EXPECT_EQ(listener->unwatched_since, seen) << listener->socket.endpoint.port.value;
  for (int i = 0; i < 10; ++i) rig_.look();
  for (const auto& [key, stored] : rig_.log.listeners) EXPECT_EQ(stored->unwatched_since, seen);
}

TEST_F(UnwatchedTest, IsNobodyInThePlaceWhereTheSensorLooks) {
  machine_.listen(endpoint("127.0.0.1", 80), {FakeProcess(501).exe("/usr/sbin/httpd").ref()});
  rig_.look();
  see_own_network();
  rig_.look();
  for (const model::ListenerRef& listener : rig_.engine().listeners())
    EXPECT_EQ(listener->unwatched_since.has_value(), listener->key.netns == kElsewhere);
}

TEST_F(UnwatchedTest, IsWatchedAgainOnceItIsSeen) {
  see_own_network();
  rig_.look();
  rig_.look();
  rig_.restart();
  see_all_networks();
  machine_.sightings().push_back(there_);
  const auto events = rig_.look();
  EXPECT_THAT(kinds(events), ElementsAre("coverage_changed"));
  EXPECT_FALSE(rig_.only_listener()->unwatched_since);
  EXPECT_FALSE(rig_.log.listeners.begin()->second->unwatched_since);
}

TEST_F(UnwatchedTest, EndsAtSomeTimeSinceItWasSeenLastOverAnyNumberOfRuns) {
  see_own_network();
  rig_.look();
  rig_.look();
  for (int run = 0; run < 3; ++run) {
    rig_.restart();
    EXPECT_THAT(of_kind(rig_.look(), EventKind::kClosed), IsEmpty());
    EXPECT_EQ(rig_.only_listener()->unwatched_since, last_seen_);
  }
  rig_.restart();
  see_all_networks();
  const auto closed = of_kind(rig_.look(), EventKind::kClosed);
  ASSERT_THAT(closed, SizeIs(1));
  EXPECT_EQ(closed.front().time.precision, model::Precision::kGap);
  EXPECT_EQ(closed.front().time.earliest, last_seen_);
  EXPECT_FALSE(closed.front().listener->unwatched_since);
}

TEST_F(UnwatchedTest, IsSeenLastWhenARunEndedThatWatched) {
  const base::UtcTime last_alive = *rig_.log.last_alive;
  see_own_network();
  rig_.restart();
  EXPECT_THAT(kinds(rig_.look()), ElementsAre("coverage_changed")) << "at once";
  EXPECT_EQ(rig_.only_listener()->unwatched_since, last_alive);
}

TEST_F(UnwatchedTest, EndsWithItsMachine) {
  see_own_network();
  rig_.look();
  rig_.look();
  const auto closed = of_kind(rig_.restart(std::chrono::seconds{60}, true).events, EventKind::kClosed);
  ASSERT_THAT(closed, SizeIs(1));
  EXPECT_EQ(closed.front().time.earliest, last_seen_);
}

TEST_F(UnwatchedTest, IsWhatARunKnewOfAndTheNextHasNotSeenThroughAHole) {
  const base::UtcTime last_alive = *rig_.log.last_alive;
  rig_.restart();
  machine_.close(there_.socket.id);
  machine_.coverage().holes.push_back({{kElsewhere, net::Protocol::kTcp, net::Family::kIpv4}, "not shown"});
  rig_.look();
  EXPECT_EQ(rig_.only_listener()->unwatched_since, last_alive);
  machine_.sightings().push_back(there_);
  rig_.look();
  EXPECT_FALSE(rig_.only_listener()->unwatched_since);
  machine_.close(there_.socket.id);
  rig_.look();
  EXPECT_FALSE(rig_.only_listener()->unwatched_since) << "its end would be told";
}

}  // namespace
}  // namespace portwatch::core
