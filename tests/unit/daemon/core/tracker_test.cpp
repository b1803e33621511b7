// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_machine.h"

namespace portwatch::core {
namespace {

using model::Attribution;
using model::Precision;
using model::Presence;
using test::endpoint;
using test::FakeMachine;
using test::FakeProcess;
using test::python;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class TrackerTest : public testing::Test {
 protected:
  TrackerTest() { start(); }

  void start(Tracker::Past past = {}) {
    tracker_.emplace(std::move(past));
    reboot_closed_ = tracker_->start(machine_.host().boot_id, machine_.now());
  }
  Changes look() {
    machine_.wait(std::chrono::seconds{1});
    model::Snapshot snapshot = machine_.snapshot();
    snapshot.former_holders = former_;
    snapshot.late_changes = late_;
    return tracker_->observe(snapshot, machine_.now());
  }
  /// As after a restart of portwatchd, one minute later.
  void restart() {
    Tracker::Past past;
    past.open_listeners = tracker_->listeners();
    for (const auto& listener : past.open_listeners)
      past.last_generation = std::max(past.last_generation, listener->key.generation);
    past.last_alive = machine_.now().utc;
    past.had_first_scan = true;
    machine_.wait(std::chrono::minutes{1});
    start(std::move(past));
  }
  static constexpr base::Micros kLook = std::chrono::milliseconds{5};  ///< what a look takes
  static model::ProcessRef nginx(std::int32_t pid = 500) {
    return FakeProcess(pid).exe("/usr/sbin/nginx").user(0, "root").ref();
  }

  FakeMachine machine_;
  std::optional<Tracker> tracker_;
  std::vector<model::ListenerRef> reboot_closed_;
  std::vector<model::FormerHolder> former_;  ///< what looks say of them
  std::vector<model::LateChange> late_;
};

TEST_F(TrackerTest, OpensWhatItSeesForTheFirstTime) {
  look();
  const base::Moment before = machine_.now();
  machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  const Changes seen = look();
  ASSERT_THAT(seen.opened, SizeIs(1));
  const model::Listener& listener = *seen.opened.front().listener;
  EXPECT_EQ(listener.key.boot_id, machine_.host().boot_id);
  EXPECT_EQ(listener.key.generation, 1);
  EXPECT_EQ(listener.program.label, "nginx");
  EXPECT_EQ(listener.service.user, "root");
  EXPECT_EQ(listener.opened.precision, Precision::kPoll);
  EXPECT_EQ(listener.opened.at, machine_.now().utc);
  EXPECT_EQ(listener.opened.earliest, before.utc - std::chrono::milliseconds{5})
      << "the start of the last look";
  EXPECT_FALSE(seen.opened.front().is_first_scan);
}

TEST_F(TrackerTest, SaysNothingWhileNothingChanges) {
  machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  const model::ListenerRef before = tracker_->listeners().front();
  const Changes seen = look();
  EXPECT_THAT(seen.opened, IsEmpty());
  EXPECT_THAT(seen.closed, IsEmpty());
  EXPECT_THAT(seen.owner_changed, IsEmpty());
  EXPECT_FALSE(seen.look_again);
  EXPECT_EQ(tracker_->listeners().front(), before) << "not even a copy";
}

TEST_F(TrackerTest, LooksAgainBeforeItCloses) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  const base::Moment last_seen = machine_.now();
  machine_.close(socket);
  const Changes missed = look();
  const base::Moment first_missed = machine_.now();
  EXPECT_THAT(missed.closed, IsEmpty());
  EXPECT_TRUE(missed.look_again);
  EXPECT_THAT(tracker_->listeners(), SizeIs(1));

  const Changes gone = look();
  ASSERT_THAT(gone.closed, SizeIs(1));
  EXPECT_FALSE(gone.look_again);
  EXPECT_EQ(gone.closed.front()->closed->at, first_missed.utc);
  EXPECT_EQ(gone.closed.front()->closed->earliest, last_seen.utc - std::chrono::milliseconds{5});
  EXPECT_EQ(gone.closed.front()->closed->precision, Precision::kPoll);
  EXPECT_THAT(tracker_->listeners(), IsEmpty());
}

TEST_F(TrackerTest, DoesNotCloseForOneTornDump) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  for (int i = 0; i < 5; ++i) {
    const model::Sighting hidden = machine_.sighting(socket);
    machine_.close(socket);
    EXPECT_THAT(look().closed, IsEmpty());
    machine_.sightings().push_back(hidden);
    const Changes back = look();
    EXPECT_THAT(back.closed, IsEmpty());
    EXPECT_THAT(back.opened, IsEmpty());
  }
}

TEST_F(TrackerTest, ChangesNothingInATableThatWasNotRead) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  machine_.listen(endpoint("::1", 80), {nginx()});
  look();
  machine_.close_all();
  machine_.hide(net::Protocol::kTcp, net::Family::kIpv4);
  EXPECT_THAT(look().closed, IsEmpty());
  EXPECT_THAT(look().closed, SizeIs(1)) << "the IPv6 one";
  for (int i = 0; i < 5; ++i) {
    const Changes seen = look();
    EXPECT_THAT(seen.closed, IsEmpty());
    EXPECT_FALSE(seen.look_again);
  }
  ASSERT_THAT(tracker_->listeners(), SizeIs(1));
  EXPECT_EQ(tracker_->listeners().front()->key.socket, socket);
}

TEST_F(TrackerTest, ClosesInOtherNamespacesWhenAllWereLookedAt) {
  const model::Table all{{}, net::Protocol::kTcp, net::Family::kIpv4};
  machine_.listen(endpoint("0.0.0.0", 80), {nginx()});
  auto snapshot = machine_.snapshot();
  machine_.close_all();
  ASSERT_THAT(snapshot.sightings, SizeIs(1));
  snapshot.sightings.front().socket.netns = base::Netns{7};
  static_cast<void>(tracker_->observe(snapshot, machine_.now()));
  ASSERT_THAT(tracker_->listeners(), SizeIs(1));
  for (int i = 0; i < 5; ++i) EXPECT_THAT(look().closed, IsEmpty()) << "one that is not covered";
  machine_.coverage().tables.insert(machine_.coverage().tables.begin(), all);
  machine_.coverage().holes = {{{base::Netns{7}, net::Protocol::kTcp, net::Family::kIpv4}, "not readable"}};
  for (int i = 0; i < 5; ++i) EXPECT_THAT(look().closed, IsEmpty()) << "all but that one";
  machine_.coverage().holes.clear();
  look();
  EXPECT_THAT(look().closed, SizeIs(1));
}

TEST_F(TrackerTest, GivesTheTimeBeforeAHoleToWhatOpenedBehindIt) {
  look();
  const base::Moment last_whole = machine_.now();
  machine_.hide(net::Protocol::kTcp, net::Family::kIpv4);
  look();
  machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  EXPECT_THAT(tracker_->listeners(), SizeIs(1)) << "what was read of the table counts";
  EXPECT_EQ(tracker_->listeners().front()->opened.earliest, last_whole.utc - std::chrono::milliseconds{5});
}

TEST_F(TrackerTest, KeepsAHeldSocketForFiveLooks) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  machine_.sighting(socket).presence = Presence::kHeld;
  const base::BootTime first_held = machine_.now().boot + std::chrono::seconds{1} + kLook;
  for (int i = 0; i < 4; ++i) {
    const Changes held = look();
    EXPECT_THAT(held.closed, IsEmpty());
    EXPECT_FALSE(held.look_again);
  }
  const Changes gone = look();
  ASSERT_THAT(gone.closed, SizeIs(1));
  EXPECT_EQ(gone.closed.front()->closed->boot, first_held);
  EXPECT_THAT(look().opened, IsEmpty()) << "a held socket does not open";
}

TEST_F(TrackerTest, ForgetsThatASocketWasHeldOnceItIsListed) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  for (int round = 0; round < 3; ++round) {
    machine_.sighting(socket).presence = Presence::kHeld;
    for (int i = 0; i < 4; ++i) EXPECT_THAT(look().closed, IsEmpty());
    machine_.sighting(socket).presence = Presence::kListed;
    EXPECT_THAT(look().closed, IsEmpty());
  }
}

TEST_F(TrackerTest, GivesASocketThatListensAgainANewKey) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  const model::Sighting shut = machine_.sighting(socket);
  const model::ListenerKey first = tracker_->listeners().front()->key;
  machine_.close(socket);
  look();
  look();
  machine_.sightings().push_back(shut);
  const Changes again = look();
  ASSERT_THAT(again.opened, SizeIs(1));
  EXPECT_EQ(again.opened.front().listener->key.socket, first.socket);
  EXPECT_GT(again.opened.front().listener->key.generation, first.generation);
}

TEST_F(TrackerTest, ClosesAtOnceWhenTheNameOfASocketIsReused) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  machine_.sighting(socket).socket.endpoint = endpoint("127.0.0.1", 81);
  const Changes moved = look();
  ASSERT_THAT(moved.closed, SizeIs(1));
  ASSERT_THAT(moved.opened, SizeIs(1));
  EXPECT_EQ(moved.closed.front()->socket.endpoint.port, base::Port{80});
  EXPECT_EQ(moved.opened.front().listener->socket.endpoint.port, base::Port{81});
  EXPECT_NE(moved.closed.front()->key, moved.opened.front().listener->key);
}

TEST_F(TrackerTest, OpensAnewWhatIsTiedToAnotherDevice) {
  const auto socket = machine_.listen(endpoint("0.0.0.0", 80), {nginx()});
  machine_.sighting(socket).socket.device = "lo";
  look();
  machine_.sighting(socket).socket.device.clear();
  const auto moved = look();
  ASSERT_EQ(moved.closed.size(), 1U);
  ASSERT_EQ(moved.opened.size(), 1U);
  EXPECT_EQ(moved.closed.front()->exposure, model::Exposure::kLoopback);
  EXPECT_EQ(moved.opened.front().listener->exposure, model::Exposure::kAny);
}

TEST_F(TrackerTest, IgnoresSocketsThatWereNeverBound) {
  const auto client = machine_.listen(endpoint("0.0.0.0", 40000, net::Protocol::kUdp), {nginx()});
  machine_.sighting(client).socket.bind_intent = model::BindIntent::kAuto;
  EXPECT_THAT(look().opened, IsEmpty());
  EXPECT_THAT(tracker_->listeners(), IsEmpty());
}

TEST_F(TrackerTest, TreatsPidReuseAsOwnerChange) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx(500)});
  look();
  machine_.hold(socket, {FakeProcess(500).start(std::chrono::seconds{9999}).exe("/usr/sbin/nginx").ref()});
  const Changes seen = look();
  ASSERT_THAT(seen.owner_changed, SizeIs(1));
  EXPECT_THAT(seen.owner_changed.front().added, SizeIs(1));
  EXPECT_THAT(seen.owner_changed.front().removed, SizeIs(1));
  EXPECT_EQ(seen.owner_changed.front().time.precision, Precision::kPoll);
  EXPECT_THAT(look().owner_changed, IsEmpty()) << "told once";
}

TEST_F(TrackerTest, KeepsTheProgramThroughForkAndExit) {
  const auto parent = FakeProcess(500).exe("/usr/bin/redis-server").ref();
  const auto child = FakeProcess(501).exe("/usr/bin/redis-server").ref();
  const auto socket = machine_.listen(endpoint("127.0.0.1", 6379), {parent});
  look();
  const model::ServiceKey service = tracker_->listeners().front()->service;
  machine_.hold(socket, {parent, child});
  EXPECT_THAT(look().owner_changed, SizeIs(1));
  machine_.hold(socket, {child});
  EXPECT_THAT(look().owner_changed, SizeIs(1));
  EXPECT_EQ(tracker_->listeners().front()->service, service);
  EXPECT_THAT(tracker_->listeners().front()->owners, ElementsAre(child));
}

TEST_F(TrackerTest, KeepsTheProgramWhenAnOlderProcessGetsTheDescriptorToo) {
  const auto server = python(500, {"app.py"}).ref();
  const auto manager = FakeProcess(2).exe("/usr/lib/systemd/systemd").ref();
  const auto socket = machine_.listen(endpoint("127.0.0.1", 8000), {server});
  look();
  machine_.hold(socket, {manager, server});
  EXPECT_THAT(look().owner_changed, SizeIs(1));
  EXPECT_EQ(tracker_->listeners().front()->program.label, "python3 app.py");
  machine_.hold(socket, {manager});
  look();
  EXPECT_EQ(tracker_->listeners().front()->program.label, "systemd");
}

TEST_F(TrackerTest, NamesTheNewProgramAfterAnExec) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 8000), {nginx(500)});
  look();
  machine_.hold(socket, {FakeProcess(500).exe("/usr/bin/nc").user(0, "root").ref()});
  const Changes seen = look();
  ASSERT_THAT(seen.owner_changed, SizeIs(1));
  EXPECT_EQ(seen.owner_changed.front().before->program.label, "nginx");
  EXPECT_EQ(seen.owner_changed.front().listener->program.label, "nc");
  EXPECT_EQ(seen.owner_changed.front().listener->service.program, "/usr/bin/nc");
}

TEST_F(TrackerTest, GivesALateChangeTheTimeSinceItsHolderWasAsked) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 8000), {nginx(500)});
  const auto other = machine_.listen(endpoint("127.0.0.1", 9000), {nginx(600)});
  look();
  const base::Moment asked = machine_.now();
  look();
  const base::Moment last_look = machine_.now();
  late_ = {{.process = nginx(500)->key, .since = asked.boot}};
  machine_.hold(socket, {FakeProcess(500).exe("/usr/bin/nc").user(0, "root").ref()});
  machine_.hold(other, {FakeProcess(600).exe("/usr/bin/nc").user(0, "root").ref()});
  const Changes seen = look();
  ASSERT_THAT(seen.owner_changed, SizeIs(2));
  EXPECT_EQ(seen.owner_changed[0].time.earliest, asked.utc);
  EXPECT_EQ(seen.owner_changed[0].time.precision, Precision::kPoll);
  EXPECT_EQ(seen.owner_changed[1].time.earliest, last_look.utc - kLook) << "of the look before";
}

TEST_F(TrackerTest, DoesNotBelieveAPassingLossOfAttribution) {
  const auto owner = nginx();
  for (const auto why : {Attribution::kDenied, Attribution::kExited, Attribution::kKernel}) {
    const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {owner});
    look();
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 2; ++i) {
        machine_.unattribute(socket, why);
        EXPECT_THAT(look().owner_changed, IsEmpty());
      }
      machine_.hold(socket, {owner});
      EXPECT_THAT(look().owner_changed, IsEmpty());
    }
    machine_.close(socket);
    look();
    look();
  }
}

TEST_F(TrackerTest, BelievesALastingLossButKeepsTheProgram) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  machine_.unattribute(socket, Attribution::kDenied);
  EXPECT_THAT(look().owner_changed, IsEmpty());
  EXPECT_THAT(look().owner_changed, IsEmpty());
  const Changes seen = look();
  ASSERT_THAT(seen.owner_changed, SizeIs(1));
  EXPECT_THAT(seen.owner_changed.front().removed, SizeIs(1));
  const model::Listener& listener = *tracker_->listeners().front();
  EXPECT_THAT(listener.owners, IsEmpty());
  EXPECT_EQ(listener.attribution, Attribution::kDenied);
  EXPECT_EQ(listener.program.label, "nginx");
  EXPECT_THAT(look().owner_changed, IsEmpty());
}

TEST_F(TrackerTest, ConcludesWhyOneClosedFromWhatBecameOfItsHolders) {
  using model::EndCause;
  std::int32_t pid = 500;
  struct Case {
    std::vector<bool>
        has_ended;  ///< of the first holder, of the second; fewer: nothing is known of the others
    EndCause cause;
  };
  for (const Case& given : {Case{{true, true}, EndCause::kEnded}, Case{{false, false}, EndCause::kClosed},
                            Case{{true, false}, EndCause::kUnknown}, Case{{true}, EndCause::kUnknown},
                            Case{{false}, EndCause::kUnknown}, Case{{}, EndCause::kUnknown}}) {
    pid += 2;
    const std::vector holders{nginx(pid), nginx(pid + 1)};
    const auto socket = machine_.listen(endpoint("127.0.0.1", 80), holders);
    look();
    machine_.close(socket);
    for (std::size_t i = 0; i < given.has_ended.size(); ++i)
      former_.push_back({.process = holders[i]->key, .has_ended = given.has_ended[i]});
    look();
    former_.clear();
    const Changes seen = look();
    ASSERT_THAT(seen.closed, SizeIs(1));
    EXPECT_EQ(seen.closed.front()->ending.cause, given.cause) << testing::PrintToString(given.has_ended);
  }
}

TEST_F(TrackerTest, OneThatEndsBehindATornLookHasEnded) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx(500)});
  look();
  machine_.close(socket);
  former_ = {{.process = nginx(500)->key, .has_ended = false}};
  look();
  former_ = {{.process = nginx(500)->key, .has_ended = true}};
  const Changes seen = look();
  ASSERT_THAT(seen.closed, SizeIs(1));
  EXPECT_EQ(seen.closed.front()->ending,
            (model::Ending{.cause = model::EndCause::kEnded, .pid = base::Pid{500}}));
}

TEST_F(TrackerTest, WhatIsHeldAndListensNoMoreWasClosed) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx(500)});
  look();
  machine_.sighting(socket).presence = model::Presence::kHeld;
  Changes seen;
  for (int i = 0; i < 5; ++i) seen = look();
  ASSERT_THAT(seen.closed, SizeIs(1));
  EXPECT_EQ(seen.closed.front()->ending,
            (model::Ending{.cause = model::EndCause::kClosed, .pid = base::Pid{500}}));
}

/// io_uring keeps sockets for a process that has no descriptor of them.
TEST_F(TrackerTest, KeepsAHolderWithoutADescriptorUntilItEnds) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx(500), nginx(501)});
  look();
  tracker_->note_end({.process = nginx(501)->key, .ending = {.cause = model::EndCause::kEnded}});
  machine_.unattribute(socket, Attribution::kKernel);
  look();
  look();
  const Changes seen = look();
  ASSERT_THAT(seen.owner_changed, SizeIs(1));
  EXPECT_THAT(seen.owner_changed.front().removed, SizeIs(1)) << "the other one ended";
  for (int i = 0; i < 4; ++i) EXPECT_THAT(look().owner_changed, IsEmpty());
  EXPECT_THAT(tracker_->listeners().front()->owners, SizeIs(1));
  EXPECT_EQ(tracker_->listeners().front()->attribution, Attribution::kKernel);

  tracker_->note_end({.process = nginx(500)->key, .ending = {.cause = model::EndCause::kEnded}});
  for (int i = 0; i < 3; ++i) look();
  EXPECT_THAT(tracker_->listeners().front()->owners, IsEmpty());
}

TEST_F(TrackerTest, KeepsAScriptThatHidesBehindATitle) {
  const auto socket =
      machine_.listen(endpoint("127.0.0.1", 8000), {python(500, {"/usr/bin/gunicorn", "app"}).ref()});
  look();
  const model::ServiceKey service = tracker_->listeners().front()->service;
  machine_.hold(socket, {python(500, {}).argv({"gunicorn: master [app]", ""}).ref()});
  EXPECT_THAT(look().owner_changed, IsEmpty());
  machine_.hold(socket, {python(501, {}).argv({"gunicorn: worker [app]", ""}).ref()});
  EXPECT_THAT(look().owner_changed, SizeIs(1));
  EXPECT_EQ(tracker_->listeners().front()->service, service);
}

TEST_F(TrackerTest, WaitsALookForTheOwnerOfANewcomer) {
  look();
  const auto socket = machine_.listen(endpoint("127.0.0.1", 6379), {});
  machine_.unattribute(socket, Attribution::kExited);
  const Changes first = look();
  EXPECT_THAT(first.opened, IsEmpty());
  EXPECT_THAT(first.held, SizeIs(1));
  EXPECT_TRUE(first.look_again);
  EXPECT_THAT(tracker_->listeners(), SizeIs(1)) << "listed at once";
  const base::UtcTime first_seen = machine_.now().utc;

  machine_.hold(socket, {FakeProcess(501).exe("/usr/bin/redis-server").ref()});
  const Changes second = look();
  ASSERT_THAT(second.opened, SizeIs(1));
  EXPECT_EQ(second.opened.front().listener->program.label, "redis-server");
  EXPECT_EQ(second.opened.front().listener->opened.at, first_seen);
  EXPECT_THAT(second.owner_changed, IsEmpty());
}

TEST_F(TrackerTest, AnnouncesANewcomerThatNobodyEverOwns) {
  look();
  const auto denied = machine_.listen(endpoint("127.0.0.1", 80), {});
  machine_.unattribute(denied, Attribution::kDenied);
  EXPECT_THAT(look().opened, IsEmpty());
  const Changes seen = look();
  ASSERT_THAT(seen.opened, SizeIs(1));
  EXPECT_EQ(seen.opened.front().listener->program.kind, model::ProgramKind::kUnattributed);

  const auto exited = machine_.listen(endpoint("127.0.0.1", 81), {});
  machine_.unattribute(exited, Attribution::kExited);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(look().opened, IsEmpty());
  EXPECT_THAT(look().opened, SizeIs(1));
}

TEST_F(TrackerTest, TellsOfANewcomerThatLeftBeforeItWasAnnounced) {
  look();
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {});
  look();
  machine_.close(socket);
  const Changes seen = look();
  EXPECT_THAT(seen.opened, SizeIs(1));
  EXPECT_THAT(seen.closed, IsEmpty());
  EXPECT_THAT(look().closed, SizeIs(1));
}

TEST_F(TrackerTest, TellsOfANewcomerThatMovedBeforeItWasAnnounced) {
  look();
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {});
  look();
  machine_.sighting(socket).socket.endpoint = endpoint("127.0.0.1", 81);
  machine_.hold(socket, {nginx()});
  const Changes seen = look();
  ASSERT_THAT(seen.opened, SizeIs(2));
  EXPECT_TRUE(seen.opened[0].is_over);
  EXPECT_FALSE(seen.opened[1].is_over);
  ASSERT_THAT(seen.closed, SizeIs(1));
  EXPECT_EQ(seen.closed.front()->key, seen.opened[0].listener->key);
}

TEST_F(TrackerTest, ClosesTheOldBeforeItOpensTheNewOneOfARestart) {
  const auto old = machine_.listen(endpoint("127.0.0.1", 80), {nginx(500)});
  look();
  machine_.close(old);
  machine_.listen(endpoint("127.0.0.1", 80), {nginx(600)});
  const Changes first = look();
  EXPECT_THAT(first.opened, IsEmpty());
  EXPECT_THAT(first.closed, IsEmpty());
  EXPECT_TRUE(first.look_again);
  const Changes second = look();
  EXPECT_THAT(second.closed, SizeIs(1));
  EXPECT_THAT(second.opened, SizeIs(1));
}

TEST_F(TrackerTest, DoesNotLookAtOnceForEver) {
  look();
  std::string answers;
  for (std::uint16_t i = 0; i < 9; ++i) {
    machine_.close_all();
    machine_.listen(endpoint("127.0.0.1", static_cast<std::uint16_t>(1000 + i)), {nginx()});
    answers += look().look_again ? 'y' : 'n';
  }
  EXPECT_EQ(answers, "nyynyynyy")
      << "each look misses another one, and yet it waits for its turn now and then";
}

TEST_F(TrackerTest, GoesOnAfterItsOwnRestart) {
  machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  const model::Listener before = *tracker_->listeners().front();
  restart();
  const Changes seen = look();
  EXPECT_THAT(seen.opened, IsEmpty());
  EXPECT_THAT(seen.closed, IsEmpty());
  EXPECT_THAT(seen.owner_changed, IsEmpty());
  EXPECT_EQ(*tracker_->listeners().front(), before);
}

TEST_F(TrackerTest, ClosesWithinTheGapWhatWentAway) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  const base::UtcTime last_alive = machine_.now().utc;
  machine_.close(socket);
  restart();
  EXPECT_THAT(look().closed, IsEmpty()) << "one look can be torn";
  const Changes seen = look();
  ASSERT_THAT(seen.closed, SizeIs(1));
  EXPECT_EQ(seen.closed.front()->closed->precision, Precision::kGap);
  EXPECT_EQ(seen.closed.front()->closed->earliest, last_alive);
}

TEST_F(TrackerTest, OpensWithinTheGapWhatCame) {
  look();
  const base::UtcTime last_alive = machine_.now().utc;
  restart();
  machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  const Changes seen = look();
  ASSERT_THAT(seen.opened, SizeIs(1));
  EXPECT_EQ(seen.opened.front().listener->opened.precision, Precision::kGap);
  EXPECT_EQ(seen.opened.front().listener->opened.earliest, last_alive);
  EXPECT_FALSE(seen.opened.front().is_first_scan);
  machine_.listen(endpoint("127.0.0.1", 81), {nginx()});
  EXPECT_EQ(look().opened.front().listener->opened.precision, Precision::kPoll);
}

TEST_F(TrackerTest, ClosesEverythingAfterAReboot) {
  machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  const base::UtcTime last_alive = machine_.now().utc;
  machine_.reboot();
  restart();
  ASSERT_THAT(reboot_closed_, SizeIs(1));
  EXPECT_EQ(reboot_closed_.front()->closed->precision, Precision::kGap);
  EXPECT_GE(reboot_closed_.front()->closed->at, last_alive);
  EXPECT_LE(*reboot_closed_.front()->closed->earliest, reboot_closed_.front()->closed->at);
  EXPECT_THAT(tracker_->listeners(), IsEmpty());
}

TEST_F(TrackerTest, GivesNewKeysAfterARestart) {
  machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  restart();
  machine_.listen(endpoint("127.0.0.1", 81), {nginx()});
  EXPECT_EQ(look().opened.front().listener->key.generation, 2);
}

TEST_F(TrackerTest, FindsTheSameSocketsWhenTheSensorNamesThemByInode) {
  const auto socket = machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  look();
  const model::ListenerKey key = tracker_->listeners().front()->key;
  restart();
  model::SocketRecord& record = machine_.sighting(socket).socket;
  record.id = {model::SocketId::Kind::kInode, record.inode};
  for (int i = 0; i < 3; ++i) {
    const Changes seen = look();
    EXPECT_THAT(seen.opened, IsEmpty());
    EXPECT_THAT(seen.closed, IsEmpty());
  }
  EXPECT_EQ(tracker_->listeners().front()->key, key);
  EXPECT_NE(tracker_->find(key), nullptr);
}

TEST_F(TrackerTest, MarksTheFirstScanOfEachTable) {
  machine_.hide(net::Protocol::kTcp, net::Family::kIpv6);
  machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  EXPECT_TRUE(look().opened.front().is_first_scan);
  machine_.cover_everything();
  machine_.listen(endpoint("127.0.0.1", 81), {nginx()});
  machine_.listen(endpoint("::1", 80), {nginx()});
  const Changes seen = look();
  ASSERT_THAT(seen.opened, SizeIs(2));
  for (const Changes::Opened& opened : seen.opened)
    EXPECT_EQ(opened.is_first_scan, opened.listener->socket.endpoint.address.family() == net::Family::kIpv6);
}

TEST_F(TrackerTest, SortsWhoListens) {
  machine_.listen(endpoint("::1", 80), {nginx()});
  machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  machine_.listen(endpoint("0.0.0.0", 53, net::Protocol::kUdp), {nginx()});
  machine_.listen(endpoint("0.0.0.0", 53), {nginx()});
  look();
  std::vector<std::string> order;
  for (const auto& listener : tracker_->listeners()) order.push_back(listener->socket.endpoint.to_string());
  EXPECT_THAT(order, ElementsAre("0.0.0.0:53/tcp", "0.0.0.0:53/udp", "127.0.0.1:80/tcp", "[::1]:80/tcp"));
}

TEST_F(TrackerTest, TurnsTheVerdictOfAWholeService) {
  machine_.listen(endpoint("127.0.0.1", 80), {nginx()});
  machine_.listen(endpoint("::1", 80), {nginx()});
  machine_.listen(endpoint("127.0.0.1", 81), {nginx()});
  look();
  const model::ServiceKey service = tracker_->listeners().front()->service;
  EXPECT_EQ(tracker_->set_verdict(service, model::Verdict::kKnown), 2U);
  EXPECT_EQ(tracker_->listeners()[0]->verdict, model::Verdict::kKnown);
  EXPECT_EQ(tracker_->listeners()[2]->verdict, model::Verdict::kUnknown);
}

}  // namespace
}  // namespace portwatch::core
