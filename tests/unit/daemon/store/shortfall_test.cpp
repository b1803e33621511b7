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

TEST(Shortfall, KeepsTheLastWordOnEachAlertAndEveryChangeOfPolicy) {
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
