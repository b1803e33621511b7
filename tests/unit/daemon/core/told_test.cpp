// SPDX-License-Identifier: Apache-2.0
// What a sensor tells between its looks: it counts at once, and a look that began before does not undo it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/engine.h"
#include "tests/support/fake_machine.h"

namespace portwatch::core {
namespace {

using model::EndCause;
using model::EventKind;
using model::Precision;
using test::endpoint;
using test::FakeMachine;
using test::python;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class ToldTest : public testing::Test {
 protected:
  ToldTest() {
    static_cast<void>(engine_.start({"1.0", "fake"}, machine_.host().boot_id, machine_.now()));
    see(machine_.snapshot());
  }

  std::vector<EventKind> see(const model::Snapshot& snapshot) {
    return keep(engine_.on_snapshot(snapshot, machine_.now()));
  }
  std::vector<EventKind> hear(std::vector<model::Observation> told) {
    return keep(engine_.on_observations(told, machine_.now()));
  }
  /// Opens a socket at this moment, of which nobody was told yet.
  model::SocketOpened open(std::uint16_t port, net::Protocol protocol = net::Protocol::kTcp) {
    machine_.wait(std::chrono::milliseconds{1});
    const model::ProcessRef opener = python(700, {"app.py"}).ref();
    const auto id = machine_.listen(endpoint("127.0.0.1", port, protocol), {opener});
    return {.socket = machine_.sighting(id).socket, .at = machine_.now().boot, .opener = opener};
  }
  model::SocketClosed close(const model::SocketOpened& opened) {
    machine_.wait(std::chrono::milliseconds{1});
    machine_.close(opened.socket.id);
    return {.netns = opened.socket.netns, .id = opened.socket.id, .at = machine_.now().boot};
  }

  /// Of the one that closed in the last call.
  [[nodiscard]] model::Ending ending() const {
    for (const model::Event& event : events_)
      if (event.kind == EventKind::kClosed) return event.listener->ending;
    ADD_FAILURE() << "nothing closed";
    return {};
  }

  FakeMachine machine_;
  Engine engine_{{.learning = base::Micros{0}}, {}};
  std::vector<model::Event> events_;  ///< of the last call

 private:
  std::vector<EventKind> keep(Effects effects) {
    looks_again_ = effects.look_again;
    looks_soon_ = effects.look_soon;
    events_ = std::move(effects.events);
    std::vector<EventKind> kinds;
    for (const model::Event& event : events_) kinds.push_back(event.kind);
    return kinds;
  }

 protected:
  bool looks_again_ = false;
  bool looks_soon_ = false;
};

TEST_F(ToldTest, OneThatLivesBetweenTwoLooksIsKnownWithItsProgramAndItsTimes) {
  const model::SocketOpened opened = open(62893);
  const model::SocketClosed closed = close(opened);
  EXPECT_THAT(hear({opened, closed}),
              ElementsAre(EventKind::kOpened, EventKind::kClosed, EventKind::kAlertRaised));
  const model::Listener& listener = *events_[1].listener;
  EXPECT_EQ(listener.program.label, "python3 app.py");
  EXPECT_EQ(listener.opened.boot, opened.at);
  EXPECT_EQ(listener.opened.precision, Precision::kExact);
  EXPECT_EQ(listener.closed->boot, closed.at);
  EXPECT_EQ(listener.closed->precision, Precision::kExact);
  EXPECT_THAT(engine_.listeners(), IsEmpty());
}

TEST_F(ToldTest, ItEndsAsItWasTold) {
  const model::SocketOpened opened = open(3000);
  model::SocketClosed closed = close(opened);
  closed.ending = {.cause = EndCause::kKilled, .pid = base::Pid{701}, .signal = "SIGSEGV"};
  hear({opened, closed});
  EXPECT_EQ(ending(), closed.ending);
}

/// The kernel closes what io_uring kept when the process is gone already.
TEST_F(ToldTest, WhatTheKernelLetGoOfEndedAsItsHolderDid) {
  const model::SocketOpened opened = open(3000);
  const model::ProcessEnd end{.process = opened.opener->key,
                              .ending = {.cause = EndCause::kExited, .exit_status = 3}};
  hear({opened, model::HoldersChanged{.at = machine_.now().boot, .ended = {end}}, close(opened)});
  EXPECT_EQ(ending(), end.ending);
}

TEST_F(ToldTest, WhatTheKernelLetGoOfWhileItsHolderLivesHasNoReason) {
  const model::SocketOpened opened = open(3000);
  hear({opened, close(opened)});
  EXPECT_EQ(ending(), model::Ending{});
}

TEST_F(ToldTest, OneWhoseEndWasLostEndedWithItsHolder) {
  const model::SocketOpened opened = open(3000);
  const model::ProcessEnd end{.process = opened.opener->key,
                              .ending = {.cause = EndCause::kKilled, .signal = "SIGKILL"}};
  hear({opened});
  close(opened);
  hear({model::HoldersChanged{.at = machine_.now().boot, .ended = {end}}});
  see(machine_.snapshot());
  EXPECT_THAT(see(machine_.snapshot()), ElementsAre(EventKind::kClosed));
  EXPECT_EQ(ending(), end.ending);
}

/// Nobody is heard before the first look is taken in.
TEST_F(ToldTest, ClosesNotBeforeItOpenedWhenALookHadFoundItFirst) {
  const model::SocketOpened opened = open(3000);
  const model::Snapshot look = machine_.snapshot();
  const model::SocketClosed closed = close(opened);
  machine_.wait(std::chrono::milliseconds{1});
  model::Snapshot late = look;
  late.finished = machine_.now().boot;
  see(late);
  EXPECT_THAT(hear({opened, closed}), Contains(EventKind::kClosed));
  const model::ListenerRef listener = events_.front().listener;
  ASSERT_TRUE(listener->closed);
  EXPECT_GE(listener->closed->at, listener->opened.at);
  EXPECT_EQ(listener->closed->earliest, machine_.now().to_utc(closed.at));
  EXPECT_NE(listener->closed->precision, Precision::kExact);
}

TEST_F(ToldTest, AsksForALookWhenManySocketsWereToldToHaveClosed) {
  const model::SocketOpened opened = open(3000);
  std::vector<model::Observation> told;
  for (std::uint64_t i = 0; i < 65536; ++i) {
    model::SocketClosed closed{
        .netns = opened.socket.netns, .id = opened.socket.id, .at = machine_.now().boot};
    closed.id.value = 1'000'000 + i;
    told.emplace_back(closed);
  }
  const model::Observation last = told.back();
  told.pop_back();
  hear(told);
  EXPECT_FALSE(looks_again_);
  hear({last});
  EXPECT_TRUE(looks_again_);
  machine_.wait(std::chrono::milliseconds{1});
  see(machine_.snapshot());
  hear({close(opened)});
  EXPECT_FALSE(looks_again_) << "the look has forgotten them";
}

TEST_F(ToldTest, IsNotToldAgainByALook) {
  hear({open(3000)});
  EXPECT_THAT(see(machine_.snapshot()), IsEmpty());
}

TEST_F(ToldTest, ALookThatBeganBeforeItOpenedDoesNotCloseIt) {
  const model::Snapshot before = machine_.snapshot();
  hear({open(3000)});
  for (int look = 0; look < 5; ++look) EXPECT_THAT(see(before), IsEmpty());
  EXPECT_EQ(engine_.listener_count(), 1U);
}

TEST_F(ToldTest, ALookThatBeganBeforeItClosedDoesNotOpenItAgain) {
  const model::SocketOpened opened = open(3000);
  hear({opened});
  const model::Snapshot before = machine_.snapshot();
  hear({close(opened)});
  EXPECT_THAT(see(before), IsEmpty());
  EXPECT_EQ(engine_.listener_count(), 0U);
}

TEST_F(ToldTest, WhatALookUnderWayFoundFirstIsTheSame) {
  model::Snapshot look = machine_.snapshot();
  const model::SocketOpened opened = open(3000);  // while the look was under way
  look.sightings = machine_.sightings();
  look.finished = machine_.now().boot;
  EXPECT_THAT(see(look), ElementsAre(EventKind::kOpened, EventKind::kAlertRaised));
  EXPECT_THAT(hear({opened}), IsEmpty());
}

TEST_F(ToldTest, OneThatIsHeldBackForAnotherLookIsAnnouncedAsItWasTold) {
  model::Snapshot look = machine_.snapshot();
  const model::SocketOpened opened = open(3000);
  look.sightings = machine_.sightings();
  look.sightings.front().owners.clear();
  look.sightings.front().attribution = model::Attribution::kExited;
  look.finished = machine_.now().boot;
  EXPECT_THAT(see(look), IsEmpty());
  EXPECT_THAT(hear({opened}), ElementsAre(EventKind::kOpened, EventKind::kAlertRaised));
  EXPECT_EQ(events_.front().listener->opened.precision, Precision::kExact);
  EXPECT_THAT(see(machine_.snapshot()), IsEmpty());
}

TEST_F(ToldTest, OneThatListensAgainWithoutHavingEndedHasEnded) {
  const model::SocketOpened first = open(3000);
  hear({first});
  machine_.wait(std::chrono::seconds{1});
  model::SocketOpened second = first;
  second.at = machine_.now().boot;
  EXPECT_THAT(hear({second}), ElementsAre(EventKind::kClosed, EventKind::kOpened, EventKind::kAlertRaised));
  EXPECT_NE(events_[0].listener->key, events_[1].listener->key);
  EXPECT_EQ(events_[0].listener->closed->earliest, machine_.now().to_utc(first.at));
}

TEST_F(ToldTest, AfterALossThereIsAGapAndALookFindsWhatIsLeft) {
  const base::BootTime from = machine_.now().boot;
  open(3000);
  machine_.wait(std::chrono::milliseconds{1});
  const base::BootTime to = machine_.now().boot;
  EXPECT_THAT(hear({model::ObservationsLost{.from = from, .to = to, .count = 12}}),
              ElementsAre(EventKind::kGap));
  EXPECT_TRUE(looks_again_);
  const auto& gap = std::get<model::GapDetail>(events_.front().detail);
  EXPECT_EQ(gap.from, machine_.now().to_utc(from));
  EXPECT_EQ(gap.to, machine_.now().to_utc(to));
  EXPECT_EQ(gap.reason, "12 events of the kernel were lost");
  EXPECT_THAT(see(machine_.snapshot()), ElementsAre(EventKind::kOpened, EventKind::kAlertRaised));
  EXPECT_EQ(events_.front().time.precision, Precision::kGap);
}

/// Who fills the place where the wishes of bind(2) are kept makes others' intents unknown.
TEST_F(ToldTest, ALookThatSeesWhoChoseThePortHasTheListenerJudgedAnew) {
  model::SocketOpened opened = open(45002, net::Protocol::kUdp);
  EXPECT_THAT(hear({opened}), ElementsAre(EventKind::kOpened));
  EXPECT_THAT(see(machine_.snapshot()), IsEmpty());
  machine_.sighting(opened.socket.id).socket.bind_intent = model::BindIntent::kExplicit;
  EXPECT_THAT(see(machine_.snapshot()), ElementsAre(EventKind::kOwnerChanged, EventKind::kAlertRaised));
  const model::Listener& listener = *events_[0].listener;
  EXPECT_EQ(listener.socket.bind_intent, model::BindIntent::kExplicit);
  EXPECT_EQ(listener.service.port, base::Port{45002});
  EXPECT_EQ(std::get<model::AlertDetail>(events_[1].detail).alert.listener->service, listener.service);
  EXPECT_THAT(see(machine_.snapshot()), IsEmpty());
  EXPECT_THAT(hear({close(opened)}), ElementsAre(EventKind::kClosed));
}

TEST_F(ToldTest, WhatAnEarlierRunKnewStaysKnownWhenItsPortIsSeenToBeNamed) {
  const auto id =
      machine_.listen(endpoint("0.0.0.0", 45002, net::Protocol::kUdp), {python(700, {"app.py"}).ref()});
  const auto first_look = [&](Engine& engine) {
    static_cast<void>(engine.start({"1.0", "fake"}, machine_.host().boot_id, machine_.now()));
    return engine.on_snapshot(machine_.snapshot(), machine_.now()).events;
  };
  Engine before{{.learning = base::Micros{0}}, {}};
  static_cast<void>(first_look(before));
  ASSERT_EQ(before.listeners().at(0)->verdict, model::Verdict::kKnown);
  machine_.sighting(id).socket.bind_intent = model::BindIntent::kExplicit;
  Engine after{{.learning = base::Micros{0}}, before.memory()};
  EXPECT_THAT(first_look(after), IsEmpty());
  EXPECT_EQ(after.listeners().at(0)->verdict, model::Verdict::kKnown);
}

TEST_F(ToldTest, OtherHoldersAreLookedFor) {
  hear({open(3000)});
  EXPECT_FALSE(looks_soon_);
  hear({model::HoldersChanged{machine_.now().boot}});
  EXPECT_TRUE(looks_soon_);
}

}  // namespace
}  // namespace portwatch::core
