// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/alert_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portwatch::core {
namespace {

using model::AlertState;
using model::Delivery;
using model::EventKind;
using model::ReasonCode;
using model::Severity;
using testing::IsEmpty;
using testing::SizeIs;

constexpr base::UtcTime kNow{std::chrono::hours{1}};
constexpr base::UtcTime kLater{std::chrono::hours{2}};

model::ListenerRef listener(std::string program) {
  auto made = std::make_shared<model::Listener>();
  made->service.program = std::move(program);
  return made;
}

Concern concern(std::string program, Severity severity = Severity::kLow,
                ReasonCode code = ReasonCode::kUnknownListener) {
  return {.listener = listener(std::move(program)), .reasons = {{code, "text"}}, .severity = severity};
}

class AlertBookTest : public testing::Test {
 protected:
  model::Alert raise(Concern given) { return book_.raise(std::move(given), kNow)->alert; }
  AlertBook book_{{}, base::AlertId{41}};
};

TEST_F(AlertBookTest, NumbersAlertsOnFromTheLast) {
  EXPECT_EQ(raise(concern("a")).id, base::AlertId{42});
  EXPECT_EQ(raise(concern("b")).id, base::AlertId{43});
}

TEST_F(AlertBookTest, CountsUpAnOpenAlertThatReturns) {
  const auto id = raise(concern("a")).id;
  const auto change = book_.raise(concern("a"), kLater);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->kind, EventKind::kAlertRaised);
  EXPECT_EQ(change->alert.id, id);
  EXPECT_EQ(change->alert.count, 2);
  EXPECT_EQ(change->alert.opened_at, kNow);
  EXPECT_EQ(change->alert.last_seen_at, kLater);
  EXPECT_THAT(book_.all(), SizeIs(1));
}

TEST_F(AlertBookTest, CountsUpAnAcknowledgedAlertSilently) {
  const auto id = raise(concern("a")).id;
  ASSERT_TRUE(book_.set_state(id, AlertState::kAcknowledged, "ana", nullptr).has_value());
  const auto change = book_.raise(concern("a"), kLater);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->kind, EventKind::kAlertChanged);
  EXPECT_EQ(change->alert.state, AlertState::kAcknowledged);
  EXPECT_EQ(change->alert.count, 2);
  EXPECT_EQ(change->alert.changed_by, "ana");
}

TEST_F(AlertBookTest, OpensAnAcknowledgedAlertThatGetsLouder) {
  const auto id = raise(concern("a")).id;
  ASSERT_TRUE(book_.set_state(id, AlertState::kAcknowledged, "ana", nullptr).has_value());
  const auto change = book_.raise(concern("a", Severity::kHigh, ReasonCode::kTemporaryFolder), kLater);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->kind, EventKind::kAlertRaised);
  EXPECT_EQ(change->alert.state, AlertState::kOpen);
  EXPECT_EQ(change->alert.severity, Severity::kHigh);
  EXPECT_THAT(change->alert.reasons, SizeIs(2));
  EXPECT_EQ(change->alert.reasons.front().code, ReasonCode::kTemporaryFolder);
}

TEST_F(AlertBookTest, OpensARejectedAlertThatReturns) {
  const auto id = raise(concern("a")).id;
  ASSERT_TRUE(book_.set_state(id, AlertState::kRejected, "ana", nullptr).has_value());
  const auto change = book_.raise(concern("a", Severity::kHigh, ReasonCode::kRejectedReturned), kLater);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->kind, EventKind::kAlertRaised);
  EXPECT_EQ(change->alert.state, AlertState::kOpen);
  EXPECT_EQ(change->alert.changed_by, "");
}

TEST_F(AlertBookTest, SaysNothingWhenNothingNewShows) {
  raise(concern("a"));
  Concern same = concern("a");
  same.is_opening = false;
  EXPECT_FALSE(book_.raise(same, kLater).has_value());
  Concern more = concern("a", Severity::kHigh, ReasonCode::kExecutableDeleted);
  more.is_opening = false;
  const auto change = book_.raise(more, kLater);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->alert.count, 1);
}

TEST_F(AlertBookTest, NeverTakesBackADelivery) {
  raise(concern("a"));
  Concern later = concern("a");
  later.delivery = Delivery::kAfterLearning;
  EXPECT_EQ(book_.raise(later, kLater)->alert.delivery, Delivery::kNow);
}

TEST_F(AlertBookTest, ForgetsAnApprovedAlert) {
  const auto id = raise(concern("a")).id;
  const auto change = book_.set_state(id, AlertState::kApproved, "ana", nullptr);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->alert.state, AlertState::kApproved);
  EXPECT_THAT(book_.all(), IsEmpty());
  EXPECT_EQ(book_.find(listener("a")->service), nullptr);
}

TEST_F(AlertBookTest, RefusesWhatIsNotThereOrAlreadySo) {
  EXPECT_EQ(book_.set_state(base::AlertId{7}, AlertState::kApproved, "ana", nullptr).error().code,
            base::ErrorCode::kNotFound);
  const auto id = raise(concern("a")).id;
  ASSERT_TRUE(book_.set_state(id, AlertState::kRejected, "ana", nullptr).has_value());
  EXPECT_EQ(book_.set_state(id, AlertState::kRejected, "ana", nullptr).error().code,
            base::ErrorCode::kConflict);
  EXPECT_EQ(book_.set_state(id, AlertState::kAcknowledged, "ana", nullptr).error().code,
            base::ErrorCode::kConflict)
      << "an acknowledgement must not undo a rejection";
}

TEST_F(AlertBookTest, ReleasesOpenAlertsWhenLearningEnds) {
  Concern learning = concern("a");
  learning.delivery = Delivery::kAfterLearning;
  Concern seen = concern("b");
  seen.delivery = Delivery::kAfterLearning;
  const auto open = raise(learning).id;
  const auto acknowledged = raise(seen).id;
  raise(concern("c"));
  ASSERT_TRUE(book_.set_state(acknowledged, AlertState::kAcknowledged, "ana", nullptr).has_value());
  const auto released = book_.release();
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(released.front().alert.id, open);
  EXPECT_EQ(released.front().alert.delivery, Delivery::kNow);
  EXPECT_THAT(book_.release(), IsEmpty());
}

TEST_F(AlertBookTest, CountsAFloodOnItsNewestAlert) {
  for (std::size_t i = 0; i < kMaxWaitingAlerts; ++i) raise(concern(std::to_string(i)));
  EXPECT_FALSE(book_.take_overflow(kLater).has_value());
  const base::AlertId newest = book_.all().back().id;
  ASSERT_TRUE(book_.set_state(newest, AlertState::kAcknowledged, "ana", nullptr).has_value());

  EXPECT_FALSE(book_.raise(concern("quiet"), kLater).has_value());
  EXPECT_FALSE(
      book_.raise(concern("loud", Severity::kHigh, ReasonCode::kTemporaryFolder), kLater).has_value());
  const auto change = book_.take_overflow(kLater);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->kind, EventKind::kAlertRaised);
  EXPECT_EQ(change->alert.id, newest);
  EXPECT_EQ(change->alert.state, AlertState::kOpen);
  EXPECT_EQ(change->alert.severity, Severity::kHigh);
  EXPECT_EQ(change->alert.count, 3);
  EXPECT_EQ(change->alert.reasons.front().text,
            "5000 alerts wait already, so 2 more services are only counted here, the loudest: text");
  EXPECT_THAT(book_.all(), SizeIs(kMaxWaitingAlerts));
  EXPECT_FALSE(book_.take_overflow(kLater).has_value());

  EXPECT_TRUE(book_.raise(concern("7"), kLater).has_value()) << "those that have an alert go on counting";
  ASSERT_TRUE(book_.set_state(newest, AlertState::kApproved, "ana", nullptr).has_value());
  EXPECT_TRUE(book_.raise(concern("quiet"), kLater).has_value()) << "there is room again";
}

TEST_F(AlertBookTest, FollowsAHolderThatIsNamedAtLast) {
  const auto id = raise(concern("nobody")).id;
  const auto change = book_.follow(listener("nobody")->service, concern("python3"), kLater);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->kind, EventKind::kAlertChanged);
  EXPECT_EQ(change->alert.id, id);
  EXPECT_EQ(book_.find(listener("nobody")->service), nullptr);
  ASSERT_NE(book_.find(listener("python3")->service), nullptr);
  EXPECT_EQ(book_.find(listener("python3")->service)->id, id);
}

}  // namespace
}  // namespace portwatch::core
