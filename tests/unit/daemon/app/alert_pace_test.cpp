// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/alert_pace.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace portwatch::app {
namespace {

model::Event raised(std::chrono::seconds at, std::int64_t id = 7,
                    model::Severity severity = model::Severity::kLow) {
  model::Alert alert;
  alert.id = base::AlertId{id};
  alert.severity = severity;
  model::Event event{.kind = model::EventKind::kAlertRaised, .detail = model::AlertDetail{alert}};
  event.time.boot = base::BootTime{at};
  return event;
}

TEST(AlertPace, WritesALineAMinuteAndSaysHowManyItLeftOut) {
  AlertPace pace;
  EXPECT_EQ(pace.pass(raised(std::chrono::seconds{0})), 0U);
  for (int second = 1; second <= 37; ++second) EXPECT_FALSE(pace.pass(raised(std::chrono::seconds{second})));
  EXPECT_EQ(pace.pass(raised(std::chrono::seconds{60})), 37U);
  EXPECT_FALSE(pace.pass(raised(std::chrono::seconds{61})));
}

TEST(AlertPace, LeavesOutNothingNew) {
  AlertPace pace;
  EXPECT_TRUE(pace.pass(raised(std::chrono::seconds{0})));
  EXPECT_TRUE(pace.pass(raised(std::chrono::seconds{1}, 8))) << "another alert";
  EXPECT_TRUE(pace.pass(raised(std::chrono::seconds{2}, 7, model::Severity::kHigh))) << "louder";
  model::Event decided = raised(std::chrono::seconds{3}, 7, model::Severity::kHigh);
  std::get<model::AlertDetail>(decided.detail).alert.state = model::AlertState::kRejected;
  EXPECT_TRUE(pace.pass(decided));
}

}  // namespace
}  // namespace portwatch::app
