// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/shortfall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/log_samples.h"

namespace portwatch::store {
namespace {

using model::EventKind;
using testing::ElementsAre;

std::vector<EventKind> kinds_of(const std::vector<model::Event>& events) {
  std::vector<EventKind> kinds;
  for (const model::Event& event : events) kinds.push_back(event.kind);
  return kinds;
}

TEST(Shortfall, IsAGapFromTheFirstToTheLastThatWereLost) {
  Shortfall shortfall;
  EXPECT_TRUE(shortfall.is_empty());
  for (const std::int64_t second : {5, 4, 9})
    shortfall.add({{.time = test::exactly_at(second), .kind = EventKind::kSuspended, .detail = {}}});
  EXPECT_EQ(shortfall.events(), 3U);
  const auto events = shortfall.take();
  ASSERT_THAT(kinds_of(events), ElementsAre(EventKind::kGap));
  const auto& gap = std::get<model::GapDetail>(events.front().detail);
  EXPECT_EQ(gap.from, test::at(4));
  EXPECT_EQ(gap.to, test::at(9));
  EXPECT_TRUE(shortfall.is_empty());
}

TEST(Shortfall, KeepsWhoListensNowAndWhoIsGoneButNotWhatCameAndWent) {
  model::Listener stays = test::sample_listener(1001, 1), passes = test::sample_listener(1002, 2),
                  goes = test::sample_listener(1003, 3);
  Shortfall shortfall;
  shortfall.add({test::opened_event(stays), test::opened_event(passes)});
  shortfall.add({test::closed_event(passes, 90), test::closed_event(goes, 91)});
  const auto events = shortfall.take();
  ASSERT_THAT(kinds_of(events), ElementsAre(EventKind::kGap, EventKind::kOpened, EventKind::kClosed));
  EXPECT_EQ(events.at(1).listener->key, stays.key);
  EXPECT_EQ(events.at(2).listener->key, goes.key);
}

TEST(Shortfall, KeepsTheEndOfAListenerThatAnAlertIsAbout) {
  model::Listener passes = test::sample_listener(1002, 2);
  const model::Alert alert = test::make_alert(1, passes);
  const model::Event opened = test::opened_event(passes),
                     raised = test::alert_event(EventKind::kAlertRaised, alert, 89),
                     closed = test::closed_event(passes, 90);
  for (const auto& batches : std::vector<std::vector<std::vector<model::Event>>>{
           {{opened, raised}, {closed}}, {{opened, closed, raised}}}) {
    Shortfall shortfall;
    for (const auto& batch : batches) shortfall.add(batch);
    const auto events = shortfall.take();
    EXPECT_THAT(kinds_of(events),
                testing::UnorderedElementsAre(EventKind::kGap, EventKind::kAlertRaised, EventKind::kClosed));
  }
}

TEST(Shortfall, DoesNotGrowWithWhatComesAndGoes) {
  Shortfall shortfall;
  for (std::int64_t generation = 1; generation <= 1'000; ++generation) {
    model::Listener passes = test::sample_listener(1002, generation);
    model::Alert alert = test::make_alert(1, passes);
    alert.count = generation;
    model::BaselineEntry entry = test::make_baseline_entry(test::sample_listener(1003, 1));
    entry.added_by = std::to_string(generation);
    shortfall.add({test::opened_event(passes), test::alert_event(EventKind::kAlertRaised, alert, generation),
                   test::policy_event({entry}, generation)});
    shortfall.add({test::make_event(EventKind::kCoverageChanged, 0)});
    shortfall.add({test::closed_event(passes, generation)});
  }
  const auto events = shortfall.take();
  ASSERT_THAT(kinds_of(events),
              ElementsAre(EventKind::kGap, EventKind::kAlertRaised, EventKind::kPolicyChanged,
                          EventKind::kCoverageChanged, EventKind::kClosed));
  EXPECT_EQ(events.at(4).listener->key.generation, 1'000) << "the one that the alert is about";
  const auto& policy = std::get<model::PolicyDetail>(events.at(2).detail);
  ASSERT_EQ(policy.added.size(), 1U);
  EXPECT_EQ(policy.added.front().added_by, "1000");
}

TEST(Shortfall, KeepsAllThatJoinedTheBaselineAndWhenLearningEnds) {
  const auto first = test::make_baseline_entry(test::sample_listener(1001, 1)),
             second = test::make_baseline_entry(test::sample_listener(1002, 2));
  model::Event learned = test::policy_event({first}, 80);
  std::get<model::PolicyDetail>(learned.detail).learning_until = test::at(500);
  Shortfall shortfall;
  shortfall.add({learned});
  shortfall.add({test::policy_event({second}, 81)});
  const auto events = shortfall.take();
  ASSERT_THAT(kinds_of(events), ElementsAre(EventKind::kGap, EventKind::kPolicyChanged));
  const auto& policy = std::get<model::PolicyDetail>(events.at(1).detail);
  EXPECT_THAT(policy.added, testing::UnorderedElementsAre(first, second));
  EXPECT_EQ(policy.learning_until, test::at(500));
}

TEST(Shortfall, KeepsTheLastWordOnEachAlert) {
  const model::Alert first = test::make_alert(1);
  model::Alert again = first;
  again.count = 7;
  Shortfall shortfall;
  shortfall.add({test::alert_event(EventKind::kAlertRaised, first, 80)});
  shortfall.add({test::policy_event({}, 81)});
  shortfall.add({test::alert_event(EventKind::kAlertRaised, again, 82)});
  const auto events = shortfall.take();
  ASSERT_THAT(kinds_of(events),
              ElementsAre(EventKind::kGap, EventKind::kPolicyChanged, EventKind::kAlertRaised));
  EXPECT_EQ(std::get<model::AlertDetail>(events.at(2).detail).alert.count, 7);
}

}  // namespace
}  // namespace portwatch::store
