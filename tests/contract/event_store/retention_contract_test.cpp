// SPDX-License-Identifier: Apache-2.0
// Forgetting, as every event store does it: what is old goes in small steps, what still matters stays.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/event_store/worlds.h"

namespace portwatch::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <class World>
class RetentionContract : public EventStoreContract<World> {
 protected:
  std::size_t prune(std::int64_t before_seconds, std::size_t max_rows = 1000, std::int64_t now = 1'000'000) {
    const auto dropped =
        this->world_.writer().prune({.before = at(before_seconds), .now = at(now)}, max_rows);
    EXPECT_TRUE(dropped) << dropped.error().message;
    return dropped.value_or(0);
  }
};

TYPED_TEST_SUITE(RetentionContract, EventStoreWorlds);

TYPED_TEST(RetentionContract, ForgetsOldEventsAndListenersThatEnded) {
  model::Listener old = sample_listener(8080, 1);
  model::Listener recent = sample_listener(8080, 20);
  this->commit({opened_event(old), closed_event(old, 5), opened_event(recent), closed_event(recent, 25)});
  EXPECT_EQ(this->prune(10), 3U);
  EXPECT_THAT(seqs(this->page().events), ElementsAre(3, 4));
  EXPECT_THAT(this->past(3), IsEmpty());
  EXPECT_EQ(this->past(22).size(), 1U);
  EXPECT_EQ(this->prune(10), 0U);
}

TYPED_TEST(RetentionContract, KeepsOpenListenersAndTheBaseline) {
  model::Listener listener = sample_listener(8080, 1);
  this->commit({opened_event(listener), owner_changed_event(listener, {sample_owner(2)}, 2),
                policy_event({make_baseline_entry(listener)}, 3)});
  listener.verdict = model::Verdict::kKnown;
  EXPECT_EQ(this->prune(10), 3U);
  const auto state = this->world_.start();
  ASSERT_EQ(state.open_listeners.size(), 1U);
  EXPECT_EQ(*state.open_listeners[0], listener);
  EXPECT_THAT(state.baseline, ElementsAre(make_baseline_entry(listener)));
  const auto then = this->past(2);
  ASSERT_EQ(then.size(), 1U);
  EXPECT_EQ(then[0]->owners.at(0)->key.pid, base::Pid{2});
}

TYPED_TEST(RetentionContract, KeepsAlertsThatWaitWithTheirListeners) {
  model::Listener waits = sample_listener(8080, 1);
  model::Listener settled = sample_listener(8081, 1);
  settled.key.generation = 2;
  model::Alert approved = make_alert(2, settled);
  approved.state = model::AlertState::kApproved;
  this->commit({opened_event(waits), opened_event(settled),
                alert_event(model::EventKind::kAlertRaised, make_alert(1, waits), 2),
                alert_event(model::EventKind::kAlertRaised, approved, 2), closed_event(waits, 3),
                closed_event(settled, 3)});
  EXPECT_EQ(this->prune(10), 6U + 1U + 1U);  // the events, the approved alert, its listener
  const auto alerts = this->alerts();
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts[0].id, base::AlertId{1});
  EXPECT_EQ(*alerts[0].listener, waits);
}

TYPED_TEST(RetentionContract, GoesInStepsOldestFirst) {
  std::vector<model::Event> log;
  for (std::int64_t generation = 1; generation <= 6; ++generation)
    log.push_back(opened_event(sample_listener(8080, generation)));
  this->commit(log);
  EXPECT_EQ(this->prune(100, 2), 2U);
  EXPECT_THAT(seqs(this->page().events), ElementsAre(3, 4, 5, 6));
  EXPECT_EQ(this->prune(100, 3), 3U);
  EXPECT_EQ(this->prune(100, 3), 1U);
  EXPECT_EQ(this->prune(100, 3), 0U);
}

TYPED_TEST(RetentionContract, IsNotHeldUpByWhatAWrongClockStamped) {
  std::vector<model::Event> log;
  for (const std::int64_t second : {1, 2, 5'000, 5'001, 5'002, 3, 5'003, 90, 5'004})
    log.push_back(opened_event(sample_listener(8080, second)));
  this->commit(log);
  EXPECT_EQ(this->prune(10, 3, 100), 3U);
  EXPECT_THAT(seqs(this->page().events), ElementsAre(4, 5, 6, 7, 8, 9));
  EXPECT_EQ(this->prune(10, 1000, 100), 3U)
      << "behind the last old one stays what a young one may stand around";
  EXPECT_THAT(seqs(this->page().events), ElementsAre(7, 8, 9));
  EXPECT_EQ(this->prune(100, 1000, 100), 2U);
}

TYPED_TEST(RetentionContract, KeepsTheHoldersThatTheRemainingEventsShow) {
  const model::Listener listener = sample_listener(8080, 1);
  model::Listener now = listener;
  std::vector<model::Event> log{opened_event(now)};
  for (std::int32_t worker = 2; worker <= 9; ++worker)
    log.push_back(owner_changed_event(now, {sample_owner(worker)}, worker));
  this->commit(log);
  EXPECT_EQ(this->prune(6), 5U);
  const auto events = this->page().events;
  ASSERT_THAT(seqs(events), ElementsAre(6, 7, 8, 9));
  const auto& change = std::get<model::OwnerChangedDetail>(events.front().detail);
  ASSERT_EQ(change.removed.size(), 1U);
  EXPECT_EQ(change.removed.front()->key.pid, base::Pid{5});
  EXPECT_EQ(this->past(3).at(0)->owners.at(0)->key.pid, base::Pid{5}) << "before all that is left";
  EXPECT_EQ(this->past(20).at(0)->owners.at(0)->key.pid, base::Pid{9});
}

TYPED_TEST(RetentionContract, GoesOnCountingWhenNothingIsLeft) {
  model::Listener listener = sample_listener(8080, 3);
  this->commit({opened_event(listener), closed_event(listener, 5)});
  EXPECT_EQ(this->prune(100), 3U);
  EXPECT_THAT(this->page().events, IsEmpty());
  const auto state = this->world_.start();
  EXPECT_EQ(state.last_seq, base::Seq{2});
  EXPECT_EQ(state.last_generation, 3);
  EXPECT_THAT(seqs(this->commit({opened_event(sample_listener(8080, 4))})), ElementsAre(3));
}

}  // namespace
}  // namespace portwatch::test
