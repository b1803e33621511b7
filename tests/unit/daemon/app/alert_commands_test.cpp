// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/alert_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/pump_rig.h"

namespace portwatch::app {
namespace {

using interface::AlertAction;
using testing::ElementsAre;
using testing::HasSubstr;

/// An engine in which alert 1 waits, and what asking for changes came to.
class AlertCommandsTest : public testing::Test {
 protected:
  AlertCommandsTest() {
    core::Memory memory;
    memory.alerts = {test::make_alert(1)};
    memory.last_alert_id = base::AlertId{1};
    memory.last_boot_id = test::kBootId;
    engine.emplace(core::Engine::Options{}, std::move(memory));
    commands.emplace(
        *engine, rig.pump(), [this] { return test::moment_at(now); },
        [this](bool is_held) { holds.push_back(is_held); });
  }

  void ask(std::int64_t id, AlertAction action) {
    commands->change_alert(
        base::AlertId{id}, action, "ana (uid 1000)", [this](const model::Alert& alert) { return may(alert); },
        [this](base::Result<model::Alert> result) { answers.push_back(std::move(result)); });
  }

  base::Micros now = std::chrono::hours{1};
  std::function<base::Status(const model::Alert&)> may = [](const model::Alert&) { return base::Status{}; };
  std::vector<bool> holds;  ///< what the looks were told
  test::PumpRig rig;
  std::optional<core::Engine> engine;
  std::optional<AlertCommands> commands;
  std::vector<base::Result<model::Alert>> answers;
};

TEST_F(AlertCommandsTest, AnswersOnceTheChangeIsCommitted) {
  ask(1, AlertAction::kApprove);
  EXPECT_TRUE(answers.empty());
  ASSERT_TRUE(rig.harness.run_until([&] { return !answers.empty(); }));
  ASSERT_TRUE(answers.front()) << answers.front().error().message;
  EXPECT_EQ(answers.front()->state, model::AlertState::kApproved);
  EXPECT_EQ(answers.front()->changed_by, "ana (uid 1000)");
  EXPECT_FALSE(rig.store.events().empty());
}

TEST_F(AlertCommandsTest, AnswersEachOfSeveralWithItsOwnState) {
  ask(1, AlertAction::kAcknowledge);
  ask(1, AlertAction::kReject);
  ASSERT_TRUE(rig.harness.run_until([&] { return answers.size() == 2; }));
  ASSERT_TRUE(answers.at(0) && answers.at(1));
  EXPECT_EQ(answers.at(0)->state, model::AlertState::kAcknowledged);
  EXPECT_EQ(answers.at(1)->state, model::AlertState::kRejected);
}

TEST_F(AlertCommandsTest, RefusesWhatTheCoreRefuses) {
  ask(7, AlertAction::kApprove);
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_FALSE(answers.front());
  EXPECT_EQ(answers.front().error().code, base::ErrorCode::kNotFound);
}

TEST_F(AlertCommandsTest, ChangesNothingWhenTheStoreFailsMeanwhile) {
  for (const AlertAction action : {AlertAction::kApprove, AlertAction::kReject, AlertAction::kAcknowledge}) {
    rig.is_failing = true;
    answers.clear();
    ask(1, action);
    ask(1, AlertAction::kReject);
    ASSERT_TRUE(rig.harness.run_until([&] { return answers.size() == 2; }));
    for (const auto& answer : answers) {
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().code, base::ErrorCode::kUnavailable);
      EXPECT_THAT(answer.error().message, HasSubstr("nothing was changed"));
      EXPECT_THAT(answer.error().message, HasSubstr("disk is full"));
    }
    ASSERT_EQ(engine->memory().alerts.size(), 1U);
    EXPECT_EQ(engine->memory().alerts.at(0).state, model::AlertState::kOpen);
    EXPECT_EQ(engine->memory().alerts.at(0).changed_by, "");
    rig.is_failing = false;
    rig.pump().append({test::make_event(model::EventKind::kStopped, 0)});
    rig.told.clear();
    ASSERT_TRUE(rig.harness.run_until([&] { return !rig.told.empty() && !rig.pump().health().commit; }));
    EXPECT_EQ(rig.told.front().kind, model::EventKind::kStopped) << "what was refused is not stored later";
  }
  answers.clear();
  ask(1, AlertAction::kApprove);
  ASSERT_TRUE(rig.harness.run_until([&] { return !answers.empty(); }));
  EXPECT_TRUE(answers.front());
}

TEST_F(AlertCommandsTest, AnswersWhoStillWaitsAtTheEnd) {
  ask(1, AlertAction::kAcknowledge);
  ask(1, AlertAction::kApprove);
  commands->end();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_FALSE(answers.at(0));
  EXPECT_FALSE(answers.at(1));
}

TEST_F(AlertCommandsTest, ChangesNothingWhileTheStoreCannotWrite) {
  rig.is_failing = true;
  rig.pump().append({test::make_event(model::EventKind::kStopped, 0)});
  ASSERT_TRUE(rig.harness.run_until([&] { return rig.pump().health().commit.has_value(); }));
  ask(1, AlertAction::kApprove);
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_FALSE(answers.front());
  EXPECT_EQ(answers.front().error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(engine->memory().alerts.at(0).state, model::AlertState::kOpen);
}

TEST_F(AlertCommandsTest, AsksForTheRightWhenItComesToTheChange) {
  std::vector<model::AlertState> seen;
  may = [&](const model::Alert& alert) -> base::Status {
    seen.push_back(alert.state);
    if (alert.state == model::AlertState::kOpen) return {};
    return base::fail(base::ErrorCode::kPermissionDenied, "it is louder by now");
  };
  ask(1, AlertAction::kReject);
  ask(1, AlertAction::kAcknowledge);
  EXPECT_THAT(seen, ElementsAre(model::AlertState::kOpen)) << "one at a time";
  ASSERT_TRUE(rig.harness.run_until([&] { return answers.size() == 2; }));
  EXPECT_THAT(seen, ElementsAre(model::AlertState::kOpen, model::AlertState::kRejected));
  EXPECT_TRUE(answers.at(0));
  ASSERT_FALSE(answers.at(1));
  EXPECT_EQ(answers.at(1).error().code, base::ErrorCode::kPermissionDenied);
  EXPECT_EQ(engine->memory().alerts.at(0).state, model::AlertState::kRejected);
}

TEST_F(AlertCommandsTest, IsNotAnsweredByAnEarlierWordOnTheAlert) {
  model::Alert earlier = engine->memory().alerts.at(0);
  earlier.state = model::AlertState::kAcknowledged;
  earlier.changed_by = "earlier";
  model::Event word = test::make_event(model::EventKind::kAlertChanged, 0);
  word.detail = model::AlertDetail{earlier};
  rig.pump().append({word});
  ask(1, AlertAction::kAcknowledge);
  ASSERT_TRUE(rig.harness.run_until([&] { return !answers.empty(); }));
  ASSERT_TRUE(answers.front());
  EXPECT_EQ(answers.front()->changed_by, "ana (uid 1000)");
}

TEST_F(AlertCommandsTest, LetsLooksWaitForEachChangeAndInBetweenGoOn) {
  ask(1, AlertAction::kAcknowledge);
  ask(1, AlertAction::kReject);
  EXPECT_THAT(holds, ElementsAre(true));
  ASSERT_TRUE(rig.harness.run_until([&] { return answers.size() == 2; }));
  EXPECT_THAT(holds, ElementsAre(true, false, true, false));
}

TEST_F(AlertCommandsTest, LetsLooksGoOnWhenAChangeWasRefused) {
  rig.is_failing = true;
  ask(1, AlertAction::kApprove);
  EXPECT_THAT(holds, ElementsAre(true));
  ASSERT_TRUE(rig.harness.run_until([&] { return !answers.empty(); }));
  EXPECT_THAT(holds, ElementsAre(true, false));
}

TEST_F(AlertCommandsTest, LetsLooksGoOnWhenAChangeTakesTooLongAndThenItIsNotRefused) {
  rig.is_hanging = true;
  ask(1, AlertAction::kAcknowledge);
  commands->on_tick();
  EXPECT_THAT(holds, ElementsAre(true));
  now += AlertCommands::kPatience;
  commands->on_tick();
  EXPECT_THAT(holds, ElementsAre(true, false));
  rig.is_failing = true;
  rig.is_hanging = false;
  rig.is_hanging.notify_all();
  ASSERT_TRUE(rig.harness.run_until([&] { return rig.pump().health().commit.has_value(); }));
  EXPECT_TRUE(answers.empty()) << "what follows from it waits too";
  rig.is_failing = false;
  ASSERT_TRUE(rig.harness.run_until([&] { return !answers.empty(); }));
  EXPECT_TRUE(answers.front());
}

}  // namespace
}  // namespace portwatch::app
