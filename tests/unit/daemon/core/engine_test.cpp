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

TEST(Engine, IsSilentAboutItsOwnRestart) {
  CoreRig rig = settled();
  rig.machine.listen(endpoint("127.0.0.1", 8000), {python(300, {"app.py"}).ref()});
  rig.look();
  const model::ListenerRef before = rig.only_listener();
  EXPECT_THAT(kinds(rig.restart().events), ElementsAre("started", "gap"));
  EXPECT_THAT(rig.look(), IsEmpty());
  EXPECT_EQ(*rig.only_listener(), *before);
}

}  // namespace
}  // namespace portwatch::core
