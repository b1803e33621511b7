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

Concern concern_of(std::string user, std::string program, Severity severity = Severity::kLow) {
  Concern made = concern(program, severity);
  auto of_user = std::make_shared<model::Listener>(*made.listener);
  of_user->service.user = std::move(user);
  made.listener = std::move(of_user);
  return made;
}

TEST_F(AlertBookTest, OnlyCountsWhatAUserRaisesBeyondTheirShare) {
  for (std::size_t i = 0; i < kMaxAlertsOfAUser; ++i) raise(concern_of("eve", std::to_string(i)));
  EXPECT_EQ(book_.not_raised(), 0U);
  EXPECT_FALSE(book_.raise(concern_of("eve", "quiet"), kLater).has_value());
  EXPECT_EQ(book_.not_raised(), 1U);
  EXPECT_THAT(book_.all(), SizeIs(kMaxAlertsOfAUser));

  EXPECT_TRUE(book_.raise(concern_of("ana", "other"), kLater).has_value()) << "others have room";
  EXPECT_TRUE(book_.raise(concern_of("eve", "loud", Severity::kHigh), kLater).has_value())
      << "a flood of quiet alerts hides no loud one";
  EXPECT_TRUE(book_.raise(concern_of("eve", "7"), kLater).has_value())
      << "those that have an alert go on counting";
  const base::AlertId first = book_.all().front().id;
  ASSERT_TRUE(book_.set_state(first, AlertState::kApproved, "ana", nullptr).has_value());
  EXPECT_TRUE(book_.raise(concern_of("eve", "quiet"), kLater).has_value()) << "there is room again";
}

TEST_F(AlertBookTest, TakesUsersWithoutANameForOne) {
  for (std::size_t i = 0; i < kMaxAlertsOfAUser; ++i)
    raise(concern_of("#" + std::to_string(100'000 + i), std::to_string(i)));
  EXPECT_FALSE(book_.raise(concern_of("#7", "one more"), kLater).has_value());
}

TEST_F(AlertBookTest, KeepsRoomForUsersWithFewAlertsWhenItIsFull) {
  for (std::size_t user = 0; user < kMaxAlerts / kMaxAlertsOfAUser; ++user)
    for (std::size_t i = 0; i < kMaxAlertsOfAUser; ++i)
      raise(concern_of("user" + std::to_string(user), std::to_string(user) + "/" + std::to_string(i)));
  for (std::size_t i = 0; i < kReservedForAUser; ++i)
    EXPECT_TRUE(book_.raise(concern_of("ana", std::to_string(i)), kLater).has_value());
  EXPECT_FALSE(book_.raise(concern_of("ana", "one more"), kLater).has_value());
}

}  // namespace
}  // namespace portwatch::core
