// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/subscription.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/daemon/server/fakes.h"

namespace portwatch::server {
namespace {

using model::EventKind;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Viewer kRootUser{.role = Role::kAdmin, .uid = {0}};
constexpr Viewer kStranger{.role = Role::kLocal, .uid = {1001}};

class SubscriptionTest : public testing::Test {
 protected:
  void SetUp() override { queries.is_immediate = false; }

  void subscribe(std::int64_t after, std::int64_t committed, model::EventQuery filter = {},
                 Viewer viewer = kRootUser) {
    subscription = std::make_shared<Subscription>(
        queries.queries_of(viewer.uid), viewer, std::move(filter), base::Seq{after},
        Subscription::Hooks{.tell =
                                [this](const model::Event& event) {
                                  told.push_back(event.seq.value);
                                  last_told = event;
                                  if (on_tell) on_tell();
                                },
                            .has_room = [this] { return has_room; },
                            .fail = [this](base::Error error) { failure = std::move(error); }});
    subscription->start(base::Seq{committed});
  }

  /// Commits to the log; publishes it only when told to.
  void commit(int count, bool is_published = true) {
    std::vector<model::Event> batch;
    for (int i = 0; i < count; ++i) batch.push_back(queries.commit(EventKind::kOpened));
    if (is_published && subscription) subscription->on_committed(batch);
  }

  FakeQueries queries;
  std::shared_ptr<Subscription> subscription;
  std::vector<std::int64_t> told;
  model::Event last_told;
  std::optional<base::Error> failure;
  bool has_room = true;
  std::function<void()> on_tell;
};

TEST_F(SubscriptionTest, TellsWhatContinuesTheLogWithoutTheStore) {
  subscribe(0, 0);
  commit(2);
  commit(1);
  EXPECT_THAT(told, ElementsAre(1, 2, 3));
  EXPECT_THAT(queries.event_queries, IsEmpty());
}

TEST_F(SubscriptionTest, ReadsWhatWasCommittedBefore) {
  commit(3);
  subscribe(1, 3);
  EXPECT_THAT(told, IsEmpty());
  queries.answer_all();
  EXPECT_THAT(told, ElementsAre(2, 3));
  commit(1);
  EXPECT_THAT(told, ElementsAre(2, 3, 4));
  EXPECT_EQ(queries.event_queries.size(), 1U);
}

TEST_F(SubscriptionTest, TellsNothingTwiceWhenMoreIsCommittedWhileItReads) {
  commit(3);
  subscribe(0, 3);
  commit(2);  // while the first read is on its way, which will see them too
  queries.answer_all();
  EXPECT_THAT(told, ElementsAre(1, 2, 3, 4, 5));
  commit(1);
  EXPECT_THAT(told, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(SubscriptionTest, SkipsWhatTheClientHasAlready) {
  commit(2, false);
  subscribe(2, 1);  // the status knew of both, the second was not published yet
  const std::vector<model::Event> late{queries.log[1], queries.commit(EventKind::kOpened)};
  subscription->on_committed(late);
  EXPECT_THAT(told, ElementsAre(3));
}

TEST_F(SubscriptionTest, ReadsTheStoreWhenABatchIsMissing) {
  subscribe(0, 0);
  commit(2, false);  // never published
  commit(1);
  queries.answer_all();
  EXPECT_THAT(told, ElementsAre(1, 2, 3));
}

TEST_F(SubscriptionTest, ReadsALongLogPageByPageAndOnlyWhileThereIsRoom) {
  commit(3 * static_cast<int>(Subscription::kPage));
  has_room = false;
  subscribe(0, 3 * static_cast<int>(Subscription::kPage));
  EXPECT_EQ(queries.waiting(), 0U);
  has_room = true;
  on_tell = [this] { has_room = told.size() != Subscription::kPage / 4; };
  subscription->on_room();
  queries.answer_all();
  EXPECT_EQ(told.size(), Subscription::kPage / 4)
      << "the client has to take the first part of the page first";
  commit(1);  // does not continue what the client has
  EXPECT_EQ(told.size(), Subscription::kPage / 4);
  EXPECT_EQ(queries.event_queries.size(), 1U);
  has_room = true;
  on_tell = nullptr;
  subscription->on_room();
  queries.answer_all();
  EXPECT_EQ(told.size(), 3 * Subscription::kPage + 1);
  for (std::size_t i = 0; i < told.size(); ++i) ASSERT_EQ(told[i], static_cast<std::int64_t>(i) + 1);
}

TEST_F(SubscriptionTest, HoldsAPageAtMostOfAClientThatTakesNothing) {
  subscribe(0, 0);
  has_room = false;
  commit(2);
  commit(1);  // waits in the store, behind what is held
  EXPECT_THAT(told, IsEmpty());
  has_room = true;
  subscription->on_room();
  queries.answer_all();
  EXPECT_THAT(told, ElementsAre(1, 2, 3));

  const auto large = static_cast<int>(Subscription::kPage) + 1;
  commit(large);
  EXPECT_EQ(told.size(), 3U) << "more than a page is read from the store, not copied";
  queries.answer_all();
  EXPECT_EQ(told.size(), 3U + static_cast<std::size_t>(large));
}

TEST_F(SubscriptionTest, ComesBackFromAFilterThatMatchesNothing) {
  commit(5);
  subscribe(0, 5, {.kinds = {EventKind::kGap}});
  queries.answer_all();
  EXPECT_THAT(told, IsEmpty());
  commit(1);
  EXPECT_EQ(queries.event_queries.size(), 1U) << "what was looked through is not looked through again";
  const std::vector<model::Event> gap{queries.commit(EventKind::kGap)};
  subscription->on_committed(gap);
  EXPECT_THAT(told, ElementsAre(7));
}

TEST_F(SubscriptionTest, ShowsAStrangerRedactedEventsLiveAndFromTheStore) {
  commit(1);
  subscribe(0, 1, {}, kStranger);
  queries.answer_all();
  EXPECT_THAT(last_told.listener->owners.front()->argv, IsEmpty());
  commit(1);
  EXPECT_THAT(told, ElementsAre(1, 2));
  EXPECT_THAT(last_told.listener->owners.front()->argv, IsEmpty());
}

TEST_F(SubscriptionTest, FiltersAStrangersEventsByWhatTheyMaySee) {
  commit(1);
  subscribe(0, 1, {.program = "http.server"}, kStranger);
  queries.answer_all();
  commit(1);
  EXPECT_THAT(told, IsEmpty());
  EXPECT_EQ(queries.event_queries.front().program, "");
}

TEST_F(SubscriptionTest, SaysWhenTheStoreCannotBeRead) {
  commit(1);
  subscribe(0, 1);
  queries.failure = base::Error{.code = base::ErrorCode::kUnavailable, .message = "the disk is gone"};
  queries.answer_all();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, base::ErrorCode::kUnavailable);
  queries.failure.reset();
  commit(1);
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(SubscriptionTest, TellsNothingAfterItsEnd) {
  commit(3);
  subscribe(0, 3);
  on_tell = [this] { subscription->end(); };
  queries.answer_all();
  commit(1);
  EXPECT_THAT(told, ElementsAre(1));
}

TEST_F(SubscriptionTest, MayBeForgottenWhileItReads) {
  commit(1);
  subscribe(0, 1);
  subscription.reset();
  queries.answer_all();
  EXPECT_THAT(told, IsEmpty());
}

}  // namespace
}  // namespace portwatch::server
