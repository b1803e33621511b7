// SPDX-License-Identifier: Apache-2.0
// The engine as a whole: what a person is told when something listens, and what they are spared.
#include "daemon/core/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/core_rig.h"

namespace portwatch::core {
namespace {

using model::AlertState;
using model::Delivery;
using model::EventKind;
using model::Severity;
using model::Verdict;
using test::alert_of;
using test::CoreRig;
using test::endpoint;
using test::FakeProcess;
using test::kinds;
using test::of_kind;
using test::python;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

model::ProcessRef nginx(std::int32_t pid = 500) {
  return FakeProcess(pid).exe("/usr/sbin/nginx").user(0, "root").ref();
}

/// A rig whose first scan is over and whose learning has ended.
CoreRig settled(model::Profile profile = model::Profile::kLaptop) {
  CoreRig rig({.profile = profile, .learning = base::Micros{0}});
  rig.look();
  return rig;
}

TEST(Engine, TakesWhatIsThereAtTheFirstScanAsBaseline) {
  CoreRig rig;
  rig.machine.listen(endpoint("0.0.0.0", 80), {nginx()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("opened", "policy_changed"));
  EXPECT_EQ(rig.only_listener()->verdict, Verdict::kKnown);
  ASSERT_EQ(rig.log.baseline.size(), 1U);
  EXPECT_EQ(rig.log.baseline.begin()->second.origin, model::BaselineOrigin::kFirstScan);
  EXPECT_EQ(rig.log.baseline.begin()->second.label, "nginx");
  EXPECT_EQ(rig.log.learning_until, rig.engine().learning_until());
}

TEST(Engine, RaisesAnAlertForAnUnknownListener) {
  CoreRig rig = settled();
  rig.machine.listen(
      endpoint("127.0.0.1", 62893),
      {python(9587, {"-m", "http.server", "62893"}).child_of({"bash", "gnome-terminal", "systemd"}).ref()});
  const auto events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("opened", "alert_raised"));
  const model::Alert& alert = alert_of(events.back());
  EXPECT_EQ(alert.severity, Severity::kLow);
  EXPECT_EQ(alert.delivery, Delivery::kNow);
  EXPECT_EQ(alert.count, 1);
  ASSERT_THAT(alert.reasons, SizeIs(1));
  EXPECT_EQ(alert.reasons.front().text,
            "python3 -m http.server (user ana) listens on 127.0.0.1:62893/tcp for the first time; started by "
            "bash ‹ gnome-terminal");
  EXPECT_EQ(rig.only_listener()->verdict, Verdict::kUnknown);
  EXPECT_EQ(alert.listener, rig.only_listener());
}

TEST(Engine, NeverAlertsAgainAfterApproval) {
  CoreRig rig = settled();
  const auto socket = rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  const base::AlertId id = alert_of(rig.look().back()).id;
  const auto effects = rig.engine().approve(id, "ana (uid 1000)", rig.machine.now());
  ASSERT_TRUE(effects.has_value());
  EXPECT_THAT(kinds(effects->events), ElementsAre("policy_changed", "alert_changed"));
  EXPECT_EQ(alert_of(effects->events.back()).state, AlertState::kApproved);
  EXPECT_EQ(alert_of(effects->events.back()).changed_by, "ana (uid 1000)");
  rig.record(*effects);
  EXPECT_EQ(rig.only_listener()->verdict, Verdict::kKnown);

  rig.machine.close(socket);
  rig.look();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(301, {"app.py"}).ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("opened"));

  rig.restart();
  rig.machine.close_all();
  rig.look();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(302, {"app.py"}).ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("opened"));
  EXPECT_EQ(rig.only_listener()->verdict, Verdict::kKnown);
}

TEST(Engine, KnowsARestartedServiceAgainAcrossItsOwnRestart) {
  CoreRig rig = settled();
  const auto socket = rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  rig.look();
  const model::ListenerRef before = rig.only_listener();
  rig.machine.close(socket);
  rig.look();
  rig.restart(std::chrono::hours{1});
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(301, {"app.py"}).ref()});
  const auto opened = of_kind(rig.look(), EventKind::kOpened);
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_EQ(std::get<model::OpenedDetail>(opened.front().detail).replaces, before->key);
}

TEST(Engine, ForgetsAfterAWhileWhoMightHaveComeBackAlsoAcrossItsOwnRestart) {
  CoreRig rig = settled();
  const auto socket = rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  rig.look();
  rig.machine.close(socket);
  rig.look();
  rig.restart();
  rig.machine.wait(std::chrono::minutes{11});
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(301, {"app.py"}).ref()});
  const auto opened = of_kind(rig.look(), EventKind::kOpened);
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_FALSE(std::get<model::OpenedDetail>(opened.front().detail).replaces);
}

TEST(Engine, LearnsByTheBootClockWhateverTheWallClockIsSetTo) {
  CoreRig rig;
  rig.look();
  base::Moment now = rig.machine.now();
  now.utc += std::chrono::days{400};
  EXPECT_THAT(rig.engine().on_tick(now).events, IsEmpty());
  EXPECT_TRUE(rig.engine().learning_until().has_value());
  now.utc -= std::chrono::days{800};
  now.boot += std::chrono::hours{24};
  rig.record(rig.engine().on_tick(now));
  EXPECT_FALSE(rig.engine().learning_until().has_value());
}

TEST(Engine, TakesADecisionBackAsIfItHadNeverBeenMade) {
  CoreRig rig = settled();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  rig.look();
  const model::Alert alert = rig.engine().memory().alerts.at(0);
  const auto baseline = rig.engine().memory().baseline;
  for (const bool is_approval : {true, false}) {
    const auto decided = is_approval ? rig.engine().approve(alert.id, "ana", rig.machine.now())
                                     : rig.engine().acknowledge(alert.id, "ana", rig.machine.now());
    ASSERT_TRUE(decided);
    rig.engine().take_back_decision();
    EXPECT_THAT(rig.engine().memory().alerts, ElementsAre(alert));
    EXPECT_EQ(rig.engine().memory().baseline, baseline);
    EXPECT_EQ(rig.only_listener()->verdict, Verdict::kUnknown);
    rig.engine().take_back_decision();
    EXPECT_THAT(rig.engine().memory().alerts, ElementsAre(alert)) << "once";
  }
  EXPECT_TRUE(rig.engine().approve(alert.id, "ana", rig.machine.now()));
}

TEST(Engine, KnowsAnAlertWithItsListenerAsItIsNow) {
  CoreRig rig = settled();
  const auto first = python(300, {"app.py"}), second = python(301, {"app.py"});
  const auto socket = rig.machine.listen(endpoint("127.0.0.1", 8000), {first.ref()});
  rig.look();
  const base::AlertId id = rig.engine().memory().alerts.at(0).id;
  rig.machine.hold(socket, {first.ref(), second.ref()});
  rig.look();
  ASSERT_TRUE(rig.engine().alert(id));
  EXPECT_EQ(*rig.engine().alert(id)->listener, *rig.only_listener());
  EXPECT_THAT(rig.engine().alert(id)->listener->owners, SizeIs(2));
  EXPECT_FALSE(rig.engine().alert(base::AlertId{99}));
}

TEST(Engine, GoesOnFromItsMemoryAsIfNothingHadHappened) {
  CoreRig rig = settled();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  rig.look();
  core::Memory memory = rig.engine().memory();
  EXPECT_EQ(memory.open_listeners.size(), rig.engine().listener_count());
  memory.last_alive = rig.machine.now().utc;
  Engine next({}, std::move(memory));
  EXPECT_THAT(kinds(next.start({"1.0", "fake"}, rig.machine.host().boot_id, rig.machine.now()).events),
              ElementsAre("started", "gap"));
  EXPECT_THAT(next.on_snapshot(rig.machine.snapshot(), rig.machine.now()).events, IsEmpty());
  EXPECT_EQ(next.memory().alerts, rig.engine().memory().alerts);
}

TEST(Engine, IsSilentAboutItsOwnRestart) {
  CoreRig rig = settled();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  rig.look();
  const model::ListenerRef before = rig.only_listener();
  EXPECT_THAT(kinds(rig.restart().events), ElementsAre("started", "gap"));
  EXPECT_THAT(rig.look(), IsEmpty());
  EXPECT_EQ(*rig.only_listener(), *before);
}

TEST(Engine, CarriesTheNearestKnownServiceAndTheFieldThatDiffers) {
  CoreRig rig({.learning = base::Micros{0}});
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"-m", "http.server", "8000"}).ref()});
  rig.look();
  rig.machine.listen(endpoint("127.0.0.1", 62893), {python(301, {"-m", "http.server", "62893"}).ref()});
  const auto events = rig.look();
  const auto& reasons = alert_of(events.back()).reasons;
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_EQ(reasons[0].text,
            "python3 -m http.server (user ana) listens on 127.0.0.1:62893/tcp for the first time");
  EXPECT_EQ(reasons[1].text,
            "nearest known: python3 -m http.server on port 8000, tcp, loopback, user ana; differs in: port");
}

TEST(Engine, IsLouderOnAServerAndBeyondLoopback) {
  CoreRig laptop = settled();
  laptop.machine.listen(endpoint("0.0.0.0", 8000), {python(300, {"app.py"}).ref()});
  EXPECT_EQ(alert_of(laptop.look().back()).severity, Severity::kMedium);
  CoreRig server = settled(model::Profile::kServer);
  server.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  EXPECT_EQ(alert_of(server.look().back()).severity, Severity::kMedium);
  server.machine.listen(endpoint("0.0.0.0", 8000), {python(300, {"app.py"}).ref()});
  EXPECT_EQ(alert_of(server.look().back()).severity, Severity::kHigh);
}

TEST(Engine, DoesNotTakeIntoTheBaselineWhatADetectorObjectsTo) {
  CoreRig rig;
  rig.machine.listen(endpoint("127.0.0.1", 80), {nginx()});
  rig.machine.listen(endpoint("127.0.0.1", 81), {FakeProcess(5).exe("/usr/bin/gone").deleted().ref()});
  rig.machine.listen(endpoint("127.0.0.1", 82), {FakeProcess(6).exe("/tmp/dropper").ref()});
  const auto events = rig.look();
  EXPECT_THAT(kinds(events),
              ElementsAre("opened", "opened", "opened", "policy_changed", "alert_raised", "alert_raised"));
  EXPECT_THAT(rig.log.baseline, SizeIs(1));
  for (const auto& event : of_kind(events, EventKind::kAlertRaised)) {
    EXPECT_EQ(alert_of(event).severity, Severity::kHigh);
    EXPECT_EQ(alert_of(event).delivery, Delivery::kNow) << "also while learning";
    EXPECT_EQ(event.listener->verdict, Verdict::kUnknown);
  }
}

TEST(Engine, HoldsBackOnlyTheMerelyUnknownWhileLearning) {
  CoreRig rig;
  rig.look();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  rig.machine.listen(endpoint("127.0.0.1", 8001), {python(301, {"/tmp/evil.py"}).ref()});
  rig.look();
  ASSERT_THAT(rig.engine().memory().alerts, SizeIs(2));
  EXPECT_EQ(rig.engine().memory().alerts[0].delivery, Delivery::kAfterLearning);
  EXPECT_EQ(rig.engine().memory().alerts[1].delivery, Delivery::kNow);
  ASSERT_THAT(rig.engine().memory().alerts[1].reasons, SizeIs(2));
  EXPECT_EQ(rig.engine().memory().alerts[1].reasons[0].code, model::ReasonCode::kTemporaryFolder);
  EXPECT_EQ(rig.engine().memory().alerts[1].reasons[1].code, model::ReasonCode::kUnknownListener);
}

TEST(Engine, EndsLearningByItselfAndTellsWhatIsStillOpen) {
  CoreRig rig;
  rig.look();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  rig.look();
  rig.machine.wait(std::chrono::hours{23});
  EXPECT_THAT(rig.tick().events, IsEmpty());
  rig.machine.wait(std::chrono::hours{1});
  const auto ended = rig.tick().events;
  ASSERT_THAT(kinds(ended), ElementsAre("alert_changed"));
  EXPECT_EQ(alert_of(ended.front()).delivery, Delivery::kNow);
  EXPECT_FALSE(rig.engine().learning_until().has_value());
  EXPECT_THAT(rig.tick().events, IsEmpty());
  rig.machine.listen(endpoint("127.0.0.1", 8001), {python(301, {"app.py"}).ref()});
  EXPECT_EQ(alert_of(rig.look().back()).delivery, Delivery::kNow);
}

TEST(Engine, DeliversAfterARestartWhatLearningHeldBack) {
  CoreRig rig;
  rig.look();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  rig.look();
  rig.restart(std::chrono::hours{48});
  EXPECT_THAT(kinds(rig.tick().events), ElementsAre("alert_changed"));
}

TEST(Engine, DoesNotLearnASecondTime) {
  CoreRig rig({.learning = base::Micros{0}});
  rig.look();
  rig.restart();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("opened", "alert_raised"));
}

TEST(Engine, SaysFromWhenToWhenNobodyWatched) {
  CoreRig rig = settled();
  const base::UtcTime last_alive = *rig.log.last_alive;
  const auto events = rig.restart(std::chrono::seconds{90}).events;
  ASSERT_THAT(kinds(events), ElementsAre("started", "gap"));
  const auto& gap = std::get<model::GapDetail>(events.back().detail);
  EXPECT_EQ(gap.from, last_alive);
  EXPECT_EQ(gap.to, rig.machine.now().utc);
  EXPECT_EQ(gap.reason, "portwatchd was not running");
}

TEST(Engine, KeepsAGapTheRightWayRoundWhenTheClockWasSetBack) {
  Memory memory;
  memory.last_alive = test::FakeMachine().now().utc + std::chrono::hours{5};
  Engine engine({}, std::move(memory));
  const auto events =
      engine.start({"1.0", "fake"}, std::string(test::kFirstBoot), test::FakeMachine().now()).events;
  const auto& gap = std::get<model::GapDetail>(events.back().detail);
  EXPECT_LE(gap.from, gap.to);
}

TEST(Engine, StaysSilentWhenServicesComeBackAfterAReboot) {
  CoreRig rig({.learning = base::Micros{0}});
  rig.machine.listen(endpoint("0.0.0.0", 80), {nginx()});
  rig.machine.listen(endpoint("127.0.0.1", 5432), {FakeProcess(501).exe("/usr/bin/postgres").ref()});
  rig.look();
  const auto before = rig.engine().listeners();
  const auto started = rig.restart(std::chrono::seconds{60}, true).events;
  EXPECT_THAT(kinds(started), ElementsAre("started", "gap", "closed", "closed"));
  EXPECT_EQ(std::get<model::GapDetail>(started[1].detail).reason, "the machine restarted");

  rig.machine.listen(endpoint("0.0.0.0", 80), {nginx(20)});
  auto events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("opened"));
  EXPECT_EQ(std::get<model::OpenedDetail>(events.front().detail).replaces, before[0]->key);
  EXPECT_EQ(events.front().time.precision, model::Precision::kGap);
  EXPECT_EQ(events.front().listener->key.boot_id, test::kSecondBoot);
  rig.machine.wait(std::chrono::seconds{40});
  rig.machine.listen(endpoint("127.0.0.1", 5432), {FakeProcess(21).exe("/usr/bin/postgres").ref()});
  events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("opened"));
  EXPECT_EQ(std::get<model::OpenedDetail>(events.front().detail).replaces, before[1]->key);
}

TEST(Engine, FoldsTheRestartOfAKnownService) {
  CoreRig rig({.learning = base::Micros{0}});
  const auto old = rig.machine.listen(endpoint("0.0.0.0", 80), {nginx(500)});
  rig.look();
  const model::ListenerKey before = rig.only_listener()->key;
  rig.machine.close(old);
  rig.machine.listen(endpoint("0.0.0.0", 80), {nginx(600)});
  const auto events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("closed", "opened"));
  EXPECT_EQ(std::get<model::OpenedDetail>(events.back().detail).replaces, before);
  EXPECT_EQ(rig.only_listener()->verdict, Verdict::kKnown);
}

TEST(Engine, FoldsARestartThatHappenedWithinTheGap) {
  CoreRig rig({.learning = base::Micros{0}});
  rig.machine.listen(endpoint("0.0.0.0", 80), {nginx(500)});
  rig.look();
  rig.machine.close_all();
  rig.machine.listen(endpoint("0.0.0.0", 80), {nginx(600)});
  rig.restart();
  const auto events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("closed", "opened"));
  EXPECT_TRUE(std::get<model::OpenedDetail>(events.back().detail).replaces.has_value());
}

TEST(Engine, JudgesWhatOpenedWithinTheGap) {
  CoreRig rig = settled();
  rig.restart();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  const auto events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("opened", "alert_raised"));
  EXPECT_EQ(events.front().time.precision, model::Precision::kGap);
}

TEST(Engine, KnowsNoTimeOfWhatChangedWhileALookStoodStill) {
  CoreRig rig({.learning = base::Micros{0}, .scan_interval = std::chrono::seconds{1}});
  const auto socket = rig.machine.listen(endpoint("0.0.0.0", 80), {nginx()});
  rig.look();
  // It has read its tables, and is stopped before it ends: what changes meanwhile is for the next one to
  // find.
  rig.machine.wait(std::chrono::seconds{1});
  model::Snapshot stopped = rig.machine.snapshot();
  rig.machine.wait(std::chrono::minutes{1});
  stopped.finished = rig.machine.now().boot;
  rig.machine.close(socket);
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  EXPECT_THAT(kinds(rig.record(rig.engine().on_snapshot(stopped, rig.machine.now())).events),
              ElementsAre("gap"));
  for (const model::Event& event : rig.look()) {
    if (event.kind == EventKind::kAlertRaised) continue;
    EXPECT_EQ(event.time.precision, model::Precision::kGap) << base::name_of(event.kind);
    EXPECT_LE(event.time.earliest, rig.machine.now().to_utc(stopped.started));
  }
  EXPECT_THAT(of_kind(rig.all, EventKind::kClosed), SizeIs(1));
  EXPECT_THAT(of_kind(rig.all, EventKind::kOpened), SizeIs(2));
}

TEST(Engine, JudgesAgainWhenTheProgramChangesByExec) {
  CoreRig rig({.learning = base::Micros{0}});
  const auto socket = rig.machine.listen(endpoint("0.0.0.0", 80), {nginx(500)});
  rig.look();
  rig.machine.hold(socket, {FakeProcess(500).exe("/usr/bin/nc").user(0, "root").ref()});
  const auto events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("owner_changed", "alert_raised"));
  EXPECT_EQ(rig.only_listener()->verdict, Verdict::kUnknown);
  EXPECT_THAT(alert_of(events.back()).reasons.front().text,
              HasSubstr("nc (user root) now holds 0.0.0.0:80/tcp, which another program opened"));
  EXPECT_THAT(rig.look(), IsEmpty());
}

TEST(Engine, StaysSilentWhenAKnownProgramChangesPids) {
  CoreRig rig({.learning = base::Micros{0}});
  const auto socket = rig.machine.listen(endpoint("0.0.0.0", 80), {nginx(500)});
  rig.look();
  rig.machine.hold(socket, {nginx(501)});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("owner_changed"));
  EXPECT_EQ(rig.only_listener()->verdict, Verdict::kKnown);
}

TEST(Engine, ObjectsToATemporaryProgramThatSharesAKnownSocket) {
  CoreRig rig({.learning = base::Micros{0}});
  const auto socket = rig.machine.listen(endpoint("0.0.0.0", 80), {nginx(500)});
  rig.look();
  rig.machine.hold(socket, {nginx(500), FakeProcess(501).exe("/tmp/leech").ref()});
  const auto events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("owner_changed", "alert_raised"));
  EXPECT_EQ(alert_of(events.back()).severity, Severity::kHigh);
  rig.machine.hold(socket, {nginx(500), FakeProcess(502).exe("/tmp/leech").ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("owner_changed")) << "already told";
}

TEST(Engine, TakesAnUpdateOfAKnownProgramForGranted) {
  CoreRig rig({.learning = base::Micros{0}});
  rig.machine.listen(endpoint("0.0.0.0", 80), {nginx(500)});
  rig.look();
  rig.machine.close_all();
  rig.machine.listen(endpoint("0.0.0.0", 80),
                     {FakeProcess(501).exe("/usr/sbin/nginx").user(0, "root").deleted().ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("closed", "opened"));
}

TEST(Engine, ApprovesAlsoWhatADetectorObjectedTo) {
  CoreRig rig = settled();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {FakeProcess(5).exe("/tmp/built/server").deleted().ref()});
  const base::AlertId id = alert_of(rig.look().back()).id;
  rig.record(rig.engine().approve(id, "ana (uid 1000)", rig.machine.now()).value());
  rig.machine.close_all();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {FakeProcess(6).exe("/tmp/built/server").deleted().ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("closed", "opened"));
}

TEST(Engine, CountsTheReturnOfAnUnknownService) {
  CoreRig rig = settled();
  const auto socket = rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  rig.look();
  rig.machine.close(socket);
  EXPECT_THAT(kinds(rig.look()), ElementsAre("closed"));
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(301, {"app.py"}).ref()});
  const auto events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("opened", "alert_raised"));
  EXPECT_EQ(alert_of(events.back()).count, 2);
  EXPECT_THAT(alert_of(events.back()).reasons.front().text, HasSubstr("again, and is still unknown"));
  EXPECT_THAT(rig.engine().memory().alerts, SizeIs(1));
}

TEST(Engine, MakesOneAlertOfManySocketsOfAService) {
  CoreRig rig = settled();
  for (std::uint16_t i = 0; i < 50; ++i)
    rig.machine.listen(endpoint(i % 2 == 0 ? "127.0.0.1" : "::1", 8000), {python(300 + i, {"app.py"}).ref()});
  auto events = rig.look();
  ASSERT_THAT(of_kind(events, EventKind::kAlertRaised), SizeIs(1));
  EXPECT_EQ(alert_of(events.back()).count, 1);
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(400, {"app.py"}).ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("opened")) << "one more worker is no return";
}

TEST(Engine, CountsAnAcknowledgedServiceSilently) {
  CoreRig rig = settled();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  const base::AlertId id = alert_of(rig.look().back()).id;
  rig.record(rig.engine().acknowledge(id, "ana (uid 1000)", rig.machine.now()).value());
  rig.machine.close_all();
  rig.look();
  rig.restart();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(301, {"app.py"}).ref()});
  const auto events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("opened", "alert_changed"));
  EXPECT_EQ(alert_of(events.back()).state, AlertState::kAcknowledged);
  EXPECT_EQ(alert_of(events.back()).count, 2);
}

TEST(Engine, IsLoudWhenARejectedProgramReturns) {
  CoreRig rig = settled();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  const base::AlertId id = alert_of(rig.look().back()).id;
  rig.record(rig.engine().reject(id, "ana (uid 1000)", rig.machine.now()).value());
  rig.machine.close_all();
  rig.look();
  rig.restart();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(301, {"app.py"}).ref()});
  const model::Alert alert = alert_of(rig.look().back());
  EXPECT_EQ(alert.id, id);
  EXPECT_EQ(alert.severity, Severity::kHigh);
  EXPECT_EQ(alert.state, AlertState::kOpen);
  EXPECT_EQ(alert.reasons.front().text, "rejected by ana (uid 1000), and it is back");
}

TEST(Engine, RefusesToDecideTwice) {
  CoreRig rig = settled();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  const base::AlertId id = alert_of(rig.look().back()).id;
  const base::Moment now = rig.machine.now();
  EXPECT_EQ(rig.engine().approve(base::AlertId{99}, "ana", now).error().code, base::ErrorCode::kNotFound);
  ASSERT_TRUE(rig.engine().acknowledge(id, "ana", now).has_value());
  EXPECT_EQ(rig.engine().acknowledge(id, "ana", now).error().code, base::ErrorCode::kConflict);
  ASSERT_TRUE(rig.engine().approve(id, "ana", now).has_value());
  EXPECT_EQ(rig.engine().approve(id, "ana", now).error().code, base::ErrorCode::kNotFound);
}

TEST(Engine, ApprovesForEveryListenerOfTheService) {
  CoreRig rig = settled();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  rig.machine.listen(endpoint("::1", 8000), {python(300, {"app.py"}).ref()});
  const base::AlertId id = alert_of(rig.look().back()).id;
  rig.record(rig.engine().approve(id, "ana", rig.machine.now()).value());
  for (const auto& listener : rig.engine().listeners()) EXPECT_EQ(listener->verdict, Verdict::kKnown);
}

TEST(Engine, ListsUdpOnDynamicPortsWithoutAnAlert) {
  CoreRig rig = settled();
  rig.machine.listen(endpoint("0.0.0.0", 40000, net::Protocol::kUdp),
                     {FakeProcess(5).exe("/tmp/client").ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("opened"));
  EXPECT_EQ(rig.only_listener()->verdict, Verdict::kUnknown);
  EXPECT_EQ(rig.only_listener()->service.port, std::nullopt);
  rig.machine.listen(endpoint("0.0.0.0", 5353, net::Protocol::kUdp), {python(6, {"mdns.py"}).ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("opened", "alert_raised")) << "a named port is another matter";
}

TEST(Engine, KnowsAProgramOnAnyPortThatTheKernelChose) {
  CoreRig rig({.learning = base::Micros{0}});
  rig.machine.listen(endpoint("127.0.0.1", 40001), {FakeProcess(5).exe("/usr/share/code/code").ref()});
  rig.look();
  rig.machine.listen(endpoint("127.0.0.1", 50002), {FakeProcess(6).exe("/usr/share/code/code").ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("opened"));
}

TEST(Engine, AlertsForAListenerWhoseOwnerIsHidden) {
  CoreRig rig = settled();
  const auto socket = rig.machine.listen(endpoint("0.0.0.0", 23), {});
  rig.machine.sighting(socket).socket.uid = base::Uid{33};
  rig.machine.unattribute(socket, model::Attribution::kDenied);
  const auto events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("opened", "alert_raised"));
  EXPECT_THAT(alert_of(events.back()).reasons.front().text,
              HasSubstr("a program of user #33 that portwatch may not look into listens on 0.0.0.0:23/tcp"));
}

TEST(Engine, KeepsADecisionWhenTheOwnerShowsItself) {
  CoreRig rig({.learning = base::Micros{0}});
  const auto known = rig.machine.listen(endpoint("0.0.0.0", 22), {});
  rig.machine.sighting(known).socket.uid = base::Uid{0};
  rig.machine.unattribute(known, model::Attribution::kDenied);
  rig.look();
  const auto sshd = FakeProcess(22).exe("/usr/sbin/sshd").user(0, "root").ref();
  rig.machine.hold(known, {sshd});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("owner_changed", "policy_changed"));
  EXPECT_EQ(rig.only_listener()->verdict, Verdict::kKnown);

  rig.machine.close_all();
  rig.look();
  rig.machine.listen(endpoint("0.0.0.0", 22), {FakeProcess(23).exe("/usr/sbin/sshd").user(0, "root").ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("opened")) << "the refined key is in the baseline";
}

TEST(Engine, DoesNotTakeOverADecisionForWhatADetectorObjectsTo) {
  CoreRig rig({.learning = base::Micros{0}});
  const auto known = rig.machine.listen(endpoint("0.0.0.0", 22), {});
  rig.machine.unattribute(known, model::Attribution::kDenied);
  rig.look();
  rig.machine.hold(known, {FakeProcess(22).exe("/tmp/sshd").ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("owner_changed", "alert_raised"));
  EXPECT_EQ(rig.only_listener()->verdict, Verdict::kUnknown);
}

TEST(Engine, RaisesAnAlertOfItsOwnForTheOwnerThatShowsItself) {
  CoreRig rig = settled();
  const auto socket = rig.machine.listen(endpoint("127.0.0.1", 8000), {});
  rig.machine.unattribute(socket, model::Attribution::kDenied);
  const model::Alert nameless = alert_of(rig.look().back());
  rig.machine.hold(socket, {python(300, {"app.py"}).ref()});
  const auto events = rig.look();
  ASSERT_THAT(kinds(events), ElementsAre("owner_changed", "alert_raised"));
  EXPECT_NE(alert_of(events.back()).id, nameless.id);
  EXPECT_THAT(alert_of(events.back()).reasons.front().text, HasSubstr("python3 app.py"));
  EXPECT_EQ(rig.engine().alert(nameless.id)->listener->service, nameless.listener->service)
      << "what was read under a number stays under it";
}

TEST(Engine, TakesNoDecisionAboutNobodyForOneAboutAProgram) {
  CoreRig rig = settled();
  const auto socket = rig.machine.listen(endpoint("127.0.0.1", 8000), {});
  rig.machine.unattribute(socket, model::Attribution::kDenied);
  const base::AlertId id = alert_of(rig.look().back()).id;
  rig.record(rig.engine().approve(id, "ana", rig.machine.now()).value());
  rig.machine.hold(socket, {python(300, {"app.py"}).ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("owner_changed", "alert_raised"));
  EXPECT_EQ(rig.only_listener()->verdict, Verdict::kUnknown);
}

TEST(Engine, JudgesAnewWhatAWeaklyNamedProgramExecutes) {
  const auto titled = python(300, {}).argv({"app: master", ""});
  for (const bool is_approved : {false, true}) {
    CoreRig rig({.learning = base::Micros{0}});
    if (is_approved) rig.look();
    const auto socket = rig.machine.listen(endpoint("127.0.0.1", 8000), {titled.ref()});
    const auto first = rig.look();
    if (is_approved)
      rig.record(rig.engine().approve(alert_of(first.back()).id, "ana", rig.machine.now()).value());
    EXPECT_EQ(rig.only_listener()->verdict, Verdict::kKnown);
    rig.machine.hold(socket, {python(300, {"evil.py"}).ref()});
    EXPECT_THAT(kinds(rig.look()), ElementsAre("owner_changed", "alert_raised"));
    EXPECT_EQ(rig.only_listener()->verdict, Verdict::kUnknown);
  }
}

TEST(Engine, TellsAProgramThatCannotBeReadAnyMore) {
  CoreRig rig({.learning = base::Micros{0}});
  const auto socket =
      rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).image(7).ref()});
  rig.look();
  rig.machine.hold(socket, {FakeProcess(300).unreadable("python3").ref()});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("owner_changed", "alert_raised"));
  EXPECT_EQ(rig.only_listener()->program.label, "unreadable (as python3)");
}

TEST(Engine, NoticesASuspend) {
  CoreRig rig = settled();
  rig.machine.suspend(std::chrono::milliseconds{800});
  EXPECT_THAT(rig.tick().events, IsEmpty());
  rig.machine.suspend(std::chrono::minutes{10});
  const auto events = rig.tick().events;
  ASSERT_THAT(kinds(events), ElementsAre("suspended"));
  EXPECT_EQ(std::get<model::SuspendedDetail>(events.front().detail).duration, std::chrono::minutes{10});
  EXPECT_THAT(rig.tick().events, IsEmpty());
  rig.machine.suspend(std::chrono::minutes{1});
  EXPECT_THAT(kinds(rig.look()), ElementsAre("suspended")) << "a look may come before the tick";
}

TEST(Engine, TellsWhatItCannotSee) {
  CoreRig rig({.learning = base::Micros{0}});
  rig.machine.coverage().denied_processes = 3;
  EXPECT_THAT(kinds(rig.look()), ElementsAre("coverage_changed", "policy_changed"));
  rig.machine.coverage().denied_processes = 4;
  EXPECT_THAT(rig.look(), IsEmpty());
  EXPECT_EQ(rig.engine().coverage().denied_processes, 4U);
}

TEST(Engine, SaysThatItStops) {
  CoreRig rig = settled();
  EXPECT_THAT(kinds(rig.engine().stop(rig.machine.now()).events), ElementsAre("stopped"));
}

TEST(Engine, EndsLearningWhenAReloadedConfigurationSaysSo) {
  using std::chrono::hours;
  CoreRig rig({.learning = hours{24}});
  rig.look();
  rig.machine.listen(endpoint("0.0.0.0", 8000), {python(300, {"app.py"}).ref()});
  rig.look();
  rig.machine.wait(hours{2});
  const auto longer = rig.record(rig.engine().set_options({.learning = hours{3}}, rig.machine.now())).events;
  ASSERT_THAT(kinds(longer), ElementsAre("policy_changed"));
  EXPECT_THAT(rig.tick().events, IsEmpty()) << "an hour is left";
  EXPECT_EQ(rig.log.learning_until, rig.engine().learning_until());
  EXPECT_THAT(kinds(rig.record(rig.engine().set_options({.learning = hours{1}}, rig.machine.now())).events),
              ElementsAre("policy_changed"));
  const auto told = rig.tick().events;
  ASSERT_THAT(kinds(told), ElementsAre("alert_changed"));
  EXPECT_EQ(alert_of(told.front()).delivery, Delivery::kNow);
  EXPECT_FALSE(rig.engine().learning_until());
  EXPECT_THAT(rig.engine().set_options({.learning = hours{24}}, rig.machine.now()).events, IsEmpty())
      << "what has ended has ended";
  rig.restart();
  EXPECT_LE(rig.engine().learning_until().value(), rig.machine.now().utc) << "also for the next run";
}

TEST(Engine, LearnsNoLongerThanTheConfigurationOfTheNextRunSays) {
  CoreRig rig({.learning = std::chrono::hours{24}});
  rig.look();
  core::Engine next({.learning = base::Micros{0}}, rig.log.memory(rig.machine.host().boot_id));
  rig.machine.wait(std::chrono::seconds{5});
  (void)next.start({"1.0", "fake"}, rig.machine.host().boot_id, rig.machine.now());
  EXPECT_LE(next.learning_until().value(), rig.machine.now().utc);
}

TEST(Engine, JudgesByTheProfileOfAReloadedConfiguration) {
  CoreRig rig = settled();
  EXPECT_THAT(
      rig.engine()
          .set_options({.profile = model::Profile::kServer, .learning = base::Micros{0}}, rig.machine.now())
          .events,
      IsEmpty());
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  EXPECT_EQ(alert_of(rig.look().back()).severity, Severity::kMedium);
}

}  // namespace
}  // namespace portwatch::core
