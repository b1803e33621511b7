// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/alert_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/pump_rig.h"

namespace portwatch::app {
namespace {

using interface::AlertAction;
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
    commands.emplace(*engine, rig.pump(), [] { return test::moment_at(std::chrono::hours{1}); });
    rig.on_committed = [this](std::span<const model::Event> events) { commands->on_committed(events); };
    rig.on_refused = [this](const base::Error& error) { commands->on_refused(error); };
  }

  void ask(std::int64_t id, AlertAction action) {
    commands->change_alert(
        base::AlertId{id}, action, "ana (uid 1000)",
        [this](base::Result<model::Alert> result) { answers.push_back(std::move(result)); });
  }

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
    ASSERT_EQ(engine->alerts().size(), 1U);
    EXPECT_EQ(engine->alerts().at(0).state, model::AlertState::kOpen);
    EXPECT_EQ(engine->alerts().at(0).changed_by, "");
    rig.is_failing = false;
    rig.pump().append({test::make_event(model::EventKind::kStopped, 0)});
    rig.told.clear();
    ASSERT_TRUE(rig.harness.run_until([&] { return !rig.told.empty() && !rig.pump().problem(); }));
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
  ASSERT_TRUE(rig.harness.run_until([&] { return rig.pump().problem().has_value(); }));
  ask(1, AlertAction::kApprove);
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_FALSE(answers.front());
  EXPECT_EQ(answers.front().error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(engine->alerts().at(0).state, model::AlertState::kOpen);
}

}  // namespace
}  // namespace portwatch::app
