// SPDX-License-Identifier: Apache-2.0
// Laws that hold however a machine behaves. Every run is repeatable: the seed is printed with a failure.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "daemon/core/engine.h"
#include "tests/property/daemon/core/random_life.h"
#include "tests/support/event_projection.h"

namespace portwatch::core {
namespace {

using model::EventKind;
using test::EventProjection;
using test::RandomLife;

constexpr std::uint64_t kLives = 30;
constexpr int kLooks = 25;

/// An engine and what a store made of its events.
struct Watcher {
  explicit Watcher(RandomLife& life) : engine({.learning = base::Micros{0}}, {}) { start(life); }

  std::vector<model::Event> start(RandomLife& life) {
    auto& machine = life.machine();
    return keep(engine.start({"1.0", "fake"}, machine.host().boot_id, machine.now()));
  }
  std::vector<model::Event> restart(RandomLife& life) {
    life.machine().wait(std::chrono::minutes{1});
    engine = Engine({.learning = base::Micros{0}}, log.memory(life.machine().host().boot_id));
    return start(life);
  }
  std::vector<model::Event> see(const model::Snapshot& snapshot, base::Moment now) {
    return keep(engine.on_snapshot(snapshot, now));
  }
  std::vector<model::Event> look(RandomLife& life) {
    life.machine().wait(std::chrono::seconds{1});
    const model::Snapshot snapshot = life.snapshot();
    return see(snapshot, life.machine().now());
  }
  std::vector<model::Event> keep(Effects effects) {
    log.apply(effects.events);
    return std::move(effects.events);
  }

  Engine engine;
  EventProjection log;
};

using Place = std::tuple<model::SocketId, net::Endpoint, std::vector<model::ProcessKey>>;

std::vector<model::ProcessKey> keys(const std::vector<model::ProcessRef>& owners) {
  std::vector<model::ProcessKey> found;
  for (const auto& owner : owners) found.push_back(owner->key);
  return found;
}

std::set<Place> places(const std::vector<model::Sighting>& sightings) {
  std::set<Place> found;
  for (const auto& sighting : sightings)
    found.emplace(sighting.socket.id, sighting.socket.endpoint, keys(sighting.owners));
  return found;
}

std::set<Place> places(const std::vector<model::ListenerRef>& listeners) {
  std::set<Place> found;
  for (const auto& listener : listeners)
    found.emplace(listener->socket.id, listener->socket.endpoint, keys(listener->owners));
  return found;
}

std::set<Place> places(const EventProjection& log) {
  std::vector<model::ListenerRef> listeners;
  for (const auto& [key, listener] : log.listeners) listeners.push_back(listener);
  return places(listeners);
}

bool has(const std::vector<model::Event>& events, EventKind kind) {
  return std::ranges::find(events, kind, &model::Event::kind) != events.end();
}

/// Everything doubtful is settled after so many clear looks.
constexpr int kClearLooks = 5;

TEST(WatchingLaws, TheEventsBetweenTwoPicturesTurnTheFirstIntoTheSecond) {
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomLife life(seed);
    Watcher watcher(life);
    for (int picture = 0; picture < 4; ++picture) {
      for (int i = 0; i < 4; ++i) life.live();
      for (int i = 0; i < kClearLooks; ++i) watcher.look(life);
      ASSERT_EQ(places(watcher.log), places(life.machine().sightings()));
      ASSERT_EQ(places(watcher.engine.listeners()), places(life.machine().sightings()));
    }
  }
}

TEST(WatchingLaws, WhatIsToldAgreesWithWhatIsHeldInMemory) {
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomLife life(seed);
    Watcher watcher(life);
    for (int i = 0; i < kLooks; ++i) {
      life.live();
      life.machine().wait(std::chrono::seconds{1});
      model::Snapshot snapshot = life.snapshot();
      if (life.random().chance(50)) life.blur(snapshot);
      watcher.see(snapshot, life.machine().now());
      if (life.random().chance(10)) watcher.restart(life);
    }
    for (int i = 0; i < kClearLooks; ++i) watcher.look(life);
    ASSERT_EQ(places(watcher.log), places(life.machine().sightings()));
    for (const auto& listener : watcher.engine.listeners()) {
      const auto told = watcher.log.listeners.find(listener->key);
      ASSERT_NE(told, watcher.log.listeners.end());
      EXPECT_EQ(told->second->service, listener->service);
      EXPECT_EQ(told->second->verdict, listener->verdict);
    }
    std::map<base::AlertId, model::Alert> alerts;
    for (const auto& alert : watcher.engine.memory().alerts) alerts.emplace(alert.id, alert);
    EXPECT_EQ(alerts, watcher.log.alerts);
  }
}

TEST(WatchingLaws, TheOrderOfWhatIsSeenDoesNotMatter) {
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomLife life(seed);
    Watcher one(life);
    Watcher other(life);
    for (int i = 0; i < kLooks; ++i) {
      life.live();
      life.machine().wait(std::chrono::seconds{1});
      model::Snapshot snapshot = life.snapshot();
      if (life.random().chance(30)) life.blur(snapshot);
      const auto told = one.see(snapshot, life.machine().now());
      life.shuffle(snapshot);
      ASSERT_EQ(told, other.see(snapshot, life.machine().now()));
    }
  }
}

TEST(WatchingLaws, NothingClosesOrOpensWhileOnlyTheLooksFail) {
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomLife life(seed);
    Watcher watcher(life);
    for (int i = 0; i < 4; ++i) life.live();
    for (int i = 0; i < kClearLooks; ++i) watcher.look(life);
    for (int i = 0; i < kLooks; ++i) {
      life.machine().wait(std::chrono::seconds{1});
      model::Snapshot failing = life.snapshot();
      life.blur(failing);
      std::erase_if(failing.sightings, [&](const auto&) { return life.random().chance(30); });
      for (const auto& events : {watcher.see(failing, life.machine().now()), watcher.look(life)}) {
        EXPECT_FALSE(has(events, EventKind::kClosed));
        EXPECT_FALSE(has(events, EventKind::kOpened));
        EXPECT_FALSE(has(events, EventKind::kOwnerChanged));
        EXPECT_FALSE(has(events, EventKind::kAlertRaised));
      }
    }
  }
}

TEST(WatchingLaws, AStillMachineGivesNoEvents) {
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomLife life(seed);
    Watcher watcher(life);
    for (int i = 0; i < 4; ++i) life.live();
    for (int i = 0; i < kClearLooks; ++i) watcher.look(life);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(watcher.look(life).empty());
  }
}

TEST(WatchingLaws, ARestartOfTheWatcherIsSilentAboutAStillMachine) {
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomLife life(seed);
    Watcher watcher(life);
    for (int i = 0; i < 4; ++i) life.live();
    for (int i = 0; i < kClearLooks; ++i) watcher.look(life);
    const auto before = watcher.engine.listeners();
    watcher.restart(life);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(watcher.look(life).empty());
    const auto after = watcher.engine.listeners();
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(*before[i], *after[i]);
  }
}

TEST(WatchingLaws, TimesAreTheRightWayRound) {
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomLife life(seed);
    Watcher watcher(life);
    for (int i = 0; i < kLooks; ++i) {
      life.live();
      auto events = watcher.look(life);
      if (life.random().chance(10)) std::ranges::copy(watcher.restart(life), std::back_inserter(events));
      for (const model::Event& event : events) {
        EXPECT_LE(event.time.earliest.value_or(event.time.at), event.time.at);
        EXPECT_LE(event.time.at, life.machine().now().utc);
        EXPECT_EQ(event.time.earliest.has_value(), event.time.precision != model::Precision::kExact);
        if (event.kind == EventKind::kClosed) {
          EXPECT_GE(event.time.at, event.listener->opened.at);
        }
      }
    }
  }
}

TEST(WatchingLaws, AnApprovedServiceNeverAlertsAgain) {
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomLife life(seed);
    Watcher watcher(life);
    watcher.look(life);
    std::set<model::ServiceKey> approved;
    for (int i = 0; i < kLooks; ++i) {
      life.live();
      for (const model::Event& event : watcher.look(life)) {
        if (event.kind == EventKind::kAlertRaised) {
          EXPECT_FALSE(approved.contains(event.listener->service)) << event.listener->program.label;
        }
      }
      for (const model::Alert& alert : watcher.engine.memory().alerts) {
        if (!life.random().chance(30)) continue;
        auto effects = watcher.engine.approve(alert.id, "ana", life.machine().now());
        ASSERT_TRUE(effects.has_value());
        approved.insert(alert.listener->service);
        watcher.keep(std::move(*effects));
      }
      if (life.random().chance(10)) watcher.restart(life);
    }
  }
}

}  // namespace
}  // namespace portwatch::core
