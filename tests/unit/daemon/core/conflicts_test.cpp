// SPDX-License-Identifier: Apache-2.0
// Who is refused an address: what is told of it, how often, and when it is trouble.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/engine.h"
#include "tests/support/fake_machine.h"

namespace portwatch::core {
namespace {

using model::EventKind;
using test::endpoint;
using test::FakeMachine;
using test::FakeProcess;
using test::python;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint16_t kPort = 8080;

class ConflictsTest : public testing::Test {
 protected:
  ConflictsTest() {
    static_cast<void>(engine_.start({"1.0", "fake"}, machine_.host().boot_id, machine_.now()));
    const auto nginx = FakeProcess(500).exe("/usr/sbin/nginx").user(0, "root").ref();
    holder_ = machine_.listen(endpoint("0.0.0.0", kPort), {nginx});
    static_cast<void>(engine_.on_snapshot(machine_.snapshot(), machine_.now()));
  }

  /// app.py is refused 127.0.0.1:PORT, which nginx has.
  model::WishRefused refusal(std::int32_t pid, std::uint16_t port = kPort) {
    model::WishRefused refused{.cause = model::ConflictCause::kInUse};
    refused.socket = {.netns = machine_.host().netns,
                      .id = {.value = ++cookie_},
                      .endpoint = endpoint("127.0.0.1", port),
                      .uid = base::Uid{1000},
                      .bind_intent = model::BindIntent::kExplicit};
    refused.at = machine_.now().boot;
    refused.by = python(pid, {"/srv/app.py"}).ref();
    refused.holders.push_back({.socket = machine_.sighting(holder_).socket});
    return refused;
  }
  std::vector<EventKind> hear(std::vector<model::Observation> told) {
    return keep(engine_.on_observations(told, machine_.now()));
  }
  std::vector<EventKind> tick() { return keep(engine_.on_tick(machine_.now())); }
  model::SocketOpened opened(std::int32_t pid, std::uint16_t port) {
    machine_.wait(std::chrono::milliseconds{1});
    const auto opener = python(pid, {"/srv/app.py"}).ref();
    const auto id = machine_.listen(endpoint("127.0.0.1", port), {opener});
    return {.socket = machine_.sighting(id).socket, .at = machine_.now().boot, .opener = opener};
  }
  /// Each by a process of its own, a second apart.
  std::vector<EventKind> loop(int times) {
    std::vector<EventKind> kinds;
    for (int i = 0; i < times; ++i) {
      machine_.wait(std::chrono::seconds{1});
      for (const EventKind kind : hear({refusal(++pid_)})) kinds.push_back(kind);
    }
    return kinds;
  }
  std::vector<EventKind> keep(Effects effects) {
    events_ = std::move(effects.events);
    std::vector<EventKind> kinds;
    for (const model::Event& event : events_) kinds.push_back(event.kind);
    return kinds;
  }
  [[nodiscard]] const model::ConflictDetail& conflict(std::size_t index = 0) const {
    return std::get<model::ConflictDetail>(events_.at(index).detail);
  }

  FakeMachine machine_;
  Engine engine_{{.learning = base::Micros{0}}, {}};
  model::SocketId holder_;
  std::uint64_t cookie_ = 90'000;
  std::int32_t pid_ = 1000;
  std::vector<model::Event> events_;  ///< of the last call
};

TEST_F(ConflictsTest, SaysWhoWantedWhatAndWhoHasIt) {
  const auto asked = machine_.now();
  ASSERT_THAT(hear({refusal(700)}), ElementsAre(EventKind::kBindConflict));
  const model::Event& event = events_[0];
  EXPECT_EQ(event.time.at, asked.utc);
  EXPECT_EQ(event.time.precision, model::Precision::kExact);
  ASSERT_NE(event.listener, nullptr);
  EXPECT_EQ(event.listener->socket.endpoint, endpoint("127.0.0.1", kPort));
  EXPECT_EQ(event.listener->owners.at(0)->key.pid.value, 700);
  EXPECT_EQ(event.listener->closed, event.listener->opened);
  EXPECT_EQ(event.listener->service.user, "ana");
  EXPECT_TRUE(model::is_well_formed(event));
  EXPECT_EQ(conflict().cause, model::ConflictCause::kInUse);
  EXPECT_EQ(conflict().count, 1);
  ASSERT_THAT(conflict().holders, SizeIs(1));
  const model::AddressHolder& holder = conflict().holders[0];
  EXPECT_EQ(holder.program, "nginx");
  EXPECT_EQ(holder.pid, base::Pid{500});
  EXPECT_EQ(holder.user, "root");
  EXPECT_EQ(holder.endpoint, endpoint("0.0.0.0", kPort));
  EXPECT_EQ(holder.listener, engine_.listeners().at(0)->key);
  EXPECT_FALSE(holder.is_same_process);
}

TEST_F(ConflictsTest, NamesWhoHoldsWhatDoesNotListen) {
  model::WishRefused refused = refusal(700);
  refused.holders = {{.kind = model::HolderKind::kBound,
                      .socket = refused.socket,
                      .process = python(701, {"/srv/other.py"}).ref()},
                     {.kind = model::HolderKind::kTimeWait, .socket = refused.socket}};
  hear({refused});
  EXPECT_EQ(conflict().holders.at(0).program, "python3.11");
  EXPECT_EQ(conflict().holders.at(0).listener, std::nullopt);
  EXPECT_EQ(conflict().holders.at(1).kind, model::HolderKind::kTimeWait);
  EXPECT_EQ(conflict().holders.at(1).user, "") << "nobody has what is left of a connection";
}

TEST_F(ConflictsTest, TellsAFewHoldersAndCountsTheOthers) {
  model::WishRefused refused = refusal(700);
  refused.holders.resize(20, refused.holders.front());
  hear({refused});
  EXPECT_THAT(conflict().holders, SizeIs(model::kMostAddressHolders));
  EXPECT_EQ(conflict().holders_left_out, 20 - model::kMostAddressHolders);
}

TEST_F(ConflictsTest, IsNoListenerAndNoAlertAtFirst) {
  EXPECT_THAT(loop(1), ElementsAre(EventKind::kBindConflict));
  EXPECT_THAT(engine_.listeners(), SizeIs(1));
}

TEST_F(ConflictsTest, CountsWhatComesWithinAMinute) {
  hear({refusal(700)});
  machine_.wait(std::chrono::seconds{5});
  const auto first = machine_.now().utc;
  for (int i = 0; i < 3; ++i) EXPECT_THAT(hear({refusal(700)}), IsEmpty());
  machine_.wait(std::chrono::seconds{50});
  EXPECT_THAT(tick(), IsEmpty());
  machine_.wait(std::chrono::seconds{5});
  ASSERT_THAT(tick(), ElementsAre(EventKind::kBindConflict));
  EXPECT_EQ(conflict().count, 3);
  EXPECT_EQ(conflict().first_at, first);
  machine_.wait(std::chrono::minutes{2});
  EXPECT_THAT(tick(), IsEmpty()) << "nothing new to tell";
}

TEST_F(ConflictsTest, CountsWhatComesInOneObservation) {
  model::WishRefused refused = refusal(700);
  refused.count = 500;
  hear({refused});
  EXPECT_EQ(conflict().count, 500);
}

TEST_F(ConflictsTest, TellsWhatIsCountedBeforeItStops) {
  hear({refusal(700)});
  hear({refusal(700)});
  EXPECT_THAT(keep(engine_.stop(machine_.now())), ElementsAre(EventKind::kBindConflict, EventKind::kStopped));
}

TEST_F(ConflictsTest, OfACrashLoopAreFewEventsAndOneAlert) {
  const auto kinds = loop(300);
  EXPECT_EQ(std::ranges::count(kinds, EventKind::kAlertRaised), 1);
  EXPECT_EQ(std::ranges::count(kinds, EventKind::kBindConflict), 6) << "first, fifth, and each minute";
  const auto alert = engine_.alert(base::AlertId{1});
  ASSERT_TRUE(alert);
  EXPECT_EQ(alert->severity, model::Severity::kLow);
  EXPECT_EQ(alert->count, 1);
  EXPECT_EQ(alert->listener->service.port, base::Port{kPort});
  EXPECT_THAT(alert->reasons.at(0).text,
              HasSubstr("was refused 127.0.0.1:8080/tcp 5 times; nginx (pid 500, user root) listens on "
                        "0.0.0.0:8080/tcp"));
}

TEST_F(ConflictsTest, OneMistakeIsNoAlert) {
  // As nginx does it: five times, half a second apart.
  for (int i = 0; i < 5; ++i) {
    machine_.wait(std::chrono::milliseconds{500});
    EXPECT_THAT(hear({refusal(700)}), Each(EventKind::kBindConflict));
  }
  EXPECT_FALSE(engine_.alert(base::AlertId{1}));
}

TEST_F(ConflictsTest, OneProcessThatGoesOnTryingIsAnAlert) {
  int alerts = 0;
  for (int i = 0; i < 60; ++i) {
    machine_.wait(std::chrono::seconds{1});
    const auto kinds = hear({refusal(700)});
    alerts += static_cast<int>(std::ranges::count(kinds, EventKind::kAlertRaised));
  }
  EXPECT_EQ(alerts, 1);
}

TEST_F(ConflictsTest, WhoTakesAnotherPortInsteadIsNoAlert) {
  for (int i = 0; i < 20; ++i) {
    machine_.wait(std::chrono::seconds{20});
    const std::int32_t pid = ++pid_;
    hear({refusal(pid), opened(pid, static_cast<std::uint16_t>(3000 + i))});
    for (const model::Event& event : events_) {
      if (const auto* detail = std::get_if<model::AlertDetail>(&event.detail)) {
        EXPECT_EQ(detail->alert.reasons.at(0).code, model::ReasonCode::kUnknownListener);
      }
    }
  }
}

TEST_F(ConflictsTest, WhoHasAnotherPortBeforeTheRefusalIsNoticedIsNoAlert) {
  for (int i = 0; i < 20; ++i) {
    machine_.wait(std::chrono::seconds{20});
    const std::int32_t pid = ++pid_;
    const model::WishRefused late = refusal(pid);
    hear({opened(pid, static_cast<std::uint16_t>(3000 + i)), late});
    for (const model::Event& event : events_) {
      if (const auto* detail = std::get_if<model::AlertDetail>(&event.detail)) {
        EXPECT_EQ(detail->alert.reasons.at(0).code, model::ReasonCode::kUnknownListener);
      }
    }
  }
}

TEST_F(ConflictsTest, WhoGetsTheAddressAtLastBeginsAnew) {
  loop(4);
  hear({opened(++pid_, kPort)});
  EXPECT_THAT(loop(4), Each(EventKind::kBindConflict));
  EXPECT_THAT(loop(1), testing::Contains(EventKind::kAlertRaised));
}

TEST_F(ConflictsTest, WhoIsQuietForLongBeginsAnew) {
  loop(4);
  machine_.wait(std::chrono::minutes{11});
  EXPECT_THAT(loop(1), ElementsAre(EventKind::kBindConflict));
  EXPECT_FALSE(engine_.alert(base::AlertId{1}));
}

TEST_F(ConflictsTest, TheNextTimeCountsUp) {
  loop(6);
  machine_.wait(std::chrono::minutes{11});
  tick();
  loop(5);
  EXPECT_EQ(engine_.alert(base::AlertId{1})->count, 2);
}

TEST_F(ConflictsTest, WhoHasItAlreadyIsNoAlert) {
  for (int i = 0; i < 20; ++i) {
    machine_.wait(std::chrono::seconds{20});
    model::WishRefused refused = refusal(700);
    refused.by = engine_.listeners().at(0)->owners.at(0);
    hear({refused});
  }
  EXPECT_FALSE(engine_.alert(base::AlertId{1}));
  machine_.wait(std::chrono::minutes{1});
  model::WishRefused refused = refusal(700);
  refused.by = engine_.listeners().at(0)->owners.at(0);
  hear({refused});
  EXPECT_TRUE(conflict().holders.at(0).is_same_process);
}

TEST_F(ConflictsTest, WhoWasRejectedAndDoesNotGetTheAddressIsNotBack) {
  const model::SocketOpened listening = opened(++pid_, kPort);
  hear({listening});
  ASSERT_TRUE(engine_.reject(base::AlertId{1}, "ana", machine_.now()));
  machine_.wait(std::chrono::seconds{1});
  hear({model::SocketClosed{
      .netns = listening.socket.netns, .id = listening.socket.id, .at = machine_.now().boot}});
  loop(5);
  const auto alert = engine_.alert(base::AlertId{1});
  ASSERT_TRUE(alert);
  EXPECT_EQ(alert->state, model::AlertState::kRejected) << "it is still to be told when it listens again";
}

TEST_F(ConflictsTest, AnApprovedServiceIsSilent) {
  loop(5);
  ASSERT_TRUE(engine_.approve(base::AlertId{1}, "ana", machine_.now()));
  machine_.wait(std::chrono::minutes{11});
  EXPECT_THAT(loop(20), Each(EventKind::kBindConflict));
}

TEST_F(ConflictsTest, AnAcknowledgedOneCountsUpInSilence) {
  loop(5);
  ASSERT_TRUE(engine_.acknowledge(base::AlertId{1}, "ana", machine_.now()));
  machine_.wait(std::chrono::minutes{11});
  const auto kinds = loop(20);
  EXPECT_EQ(std::ranges::count(kinds, EventKind::kAlertRaised), 0);
  EXPECT_EQ(std::ranges::count(kinds, EventKind::kAlertChanged), 1);
}

TEST_F(ConflictsTest, WhoNeverListenedListensForTheFirstTime) {
  loop(5);
  hear({opened(++pid_, kPort)});
  const auto alert = engine_.alert(base::AlertId{1});
  ASSERT_TRUE(alert);
  const auto unknown =
      std::ranges::find(alert->reasons, model::ReasonCode::kUnknownListener, &model::Reason::code);
  ASSERT_NE(unknown, alert->reasons.end());
  EXPECT_THAT(unknown->text, HasSubstr("for the first time"));
}

TEST_F(ConflictsTest, WhoAsksForAllPortsFillsNothing) {
  std::vector<model::Observation> told;
  for (int i = 0; i < 5000; ++i) told.emplace_back(refusal(700, static_cast<std::uint16_t>(10'000 + i)));
  EXPECT_THAT(hear(told), SizeIs(60));
  machine_.wait(std::chrono::seconds{2});
  ASSERT_THAT(tick(), ElementsAre(EventKind::kBindConflict));
  EXPECT_EQ(conflict().count + conflict().others, 5000 - 60);
  // Others are told as ever.
  model::WishRefused other = refusal(900);
  other.by = FakeProcess(900).exe("/usr/bin/node").user(1001, "eve").ref();
  other.socket.uid = base::Uid{1001};
  EXPECT_THAT(hear({other}), ElementsAre(EventKind::kBindConflict));
}

}  // namespace
}  // namespace portwatch::core
