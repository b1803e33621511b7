// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/writer_thread.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/log_samples.h"
#include "tests/support/wait.h"

namespace portwatch::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What the test and the writer's thread share: what was committed, and what the store does next.
class Desk {
 public:
  /// Waits until it is true. The test fails when that takes too long.
  template <class Predicate>
  void await(Predicate predicate) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, test::kPatience, [&] { return predicate(*this); }));
  }
  template <class Change>
  void set(Change change) {
    const std::scoped_lock lock(mutex_);
    change(*this);
    changed_.notify_all();
  }
  template <class Question>
  auto get(Question question) {
    const std::scoped_lock lock(mutex_);
    return question(*this);
  }

  base::Status commit(std::span<model::Event> events, const interface::AliveMark& mark) {
    std::unique_lock lock(mutex_);
    ++tries;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !is_blocked; });
    if (failure) return std::unexpected(*failure);
    for (const model::Event& event : events)
      if (event.kind == model::EventKind::kGap ? refuses_gaps : poison.contains(event.time.at))
        return base::fail(base::ErrorCode::kInvalidArgument, "poison");
    for (model::Event& event : events) event.seq = base::Seq{++last_seq};
    groups.emplace_back(events.begin(), events.end());
    marks.push_back(mark);
    changed_.notify_all();
    return {};
  }
  base::Result<std::size_t> prune(const interface::AgeLimit& age, std::size_t max_rows) {
    const std::scoped_lock lock(mutex_);
    pruned_before.push_back(age.before);
    clock_of_pruning = age.now;
    changed_.notify_all();
    if (prune_failure) return std::unexpected(*prune_failure);
    const std::size_t rows = std::min(max_rows, prunable);
    prunable -= rows;
    return rows;
  }

  // All of it under the lock.
  bool is_blocked = false;
  std::optional<base::Error> failure;
  std::optional<base::Error> prune_failure;
  std::set<base::UtcTime> poison;
  bool refuses_gaps = false;
  std::size_t prunable = 0;
  int tries = 0;
  std::int64_t last_seq = 0;
  std::vector<std::vector<model::Event>> groups;
  std::vector<interface::AliveMark> marks;
  std::vector<base::UtcTime> pruned_before;
  base::UtcTime clock_of_pruning;
  std::vector<model::Event> told;
  std::vector<base::Result<std::vector<model::Event>>> decided;
  std::vector<WriterHealth> health;
  bool is_writer_gone = false;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

class FakeEventWriter final : public interface::EventWriter {
 public:
  explicit FakeEventWriter(Desk& desk) : desk_(desk) {}
  ~FakeEventWriter() override {
    desk_.set([](Desk& desk) { desk.is_writer_gone = true; });
  }
  base::Status commit(std::span<model::Event> events, const interface::AliveMark& mark) override {
    return desk_.commit(events, mark);
  }
  base::Result<std::size_t> prune(const interface::AgeLimit& age, std::size_t max_rows) override {
    return desk_.prune(age, max_rows);
  }

 private:
  Desk& desk_;
};

model::Event event(std::int64_t seconds) {
  return {.time = test::exactly_at(seconds), .kind = model::EventKind::kSuspended, .detail = {}};
}

base::Error disk_full() {
  return {base::ErrorCode::kUnavailable, "database or disk is full"};
}

class WriterThreadTest : public ::testing::Test {
 protected:
  WriterThreadTest() {
    options_.alive_interval = std::chrono::hours{1};
    options_.retry_interval = std::chrono::milliseconds{1};
    options_.retention = std::nullopt;
    options_.boot_id = "this boot";
    options_.clock_trial = base::Micros{};
    options_.now = [this] {
      const auto set_by = std::chrono::seconds{clock_set_by_};
      return base::Moment{.boot = base::BootTime{std::chrono::seconds{500}}, .utc = test::at(500) + set_by};
    };
  }

  void start() {
    thread_ = std::make_unique<WriterThread>(
        std::make_unique<FakeEventWriter>(desk_), options_,
        WriterThread::Callbacks{.on_committed =
                                    [this](std::vector<model::Event> events) {
                                      desk_.set([&](Desk& desk) {
                                        desk.told.insert(desk.told.end(), events.begin(), events.end());
                                      });
                                    },
                                .on_health =
                                    [this](const WriterHealth& health) {
                                      desk_.set([&](Desk& desk) { desk.health.push_back(health); });
                                    }});
  }
  base::Status decide(std::vector<model::Event> events) {
    return thread_->append_decision(
        std::move(events), [this](base::Result<std::vector<model::Event>> outcome) {
          desk_.set([&](Desk& desk) { desk.decided.push_back(std::move(outcome)); });
        });
  }
  std::vector<WriterHealth> health() {
    return desk_.get([](Desk& desk) { return desk.health; });
  }
  /// Starts, and lets the thread hang in its first commit, that of one event.
  void start_blocked() {
    desk_.is_blocked = true;
    start();
    ASSERT_TRUE(thread_->append({event(0)}));
    desk_.await([](Desk& desk) { return desk.tries == 1; });
  }
  void unblock() {
    desk_.set([](Desk& desk) { desk.is_blocked = false; });
  }
  std::vector<std::size_t> group_sizes() {
    return desk_.get([](Desk& desk) {
      std::vector<std::size_t> sizes;
      for (const auto& group : desk.groups) sizes.push_back(group.size());
      return sizes;
    });
  }
  std::vector<model::Event> told() {
    return desk_.get([](Desk& desk) { return desk.told; });
  }

  std::atomic<std::int64_t> clock_set_by_ = 0;  ///< seconds
  Desk desk_;
  WriterThread::Options options_;
  std::unique_ptr<WriterThread> thread_;
};

TEST_F(WriterThreadTest, TellsEventsOnceTheyAreCommittedInOrder) {
  start();
  ASSERT_TRUE(thread_->append({event(1), event(2)}));
  ASSERT_TRUE(thread_->append({event(3)}));
  desk_.await([](Desk& desk) { return desk.told.size() == 3; });
  const auto events = told();
  EXPECT_EQ(events[0].time.at, test::at(1));
  EXPECT_EQ(events[2].time.at, test::at(3));
  EXPECT_EQ(events[2].seq, base::Seq{3});
  desk_.await([this](Desk&) { return thread_->pending() == 0; });
}

TEST_F(WriterThreadTest, TellsNothingBeforeTheCommitReturns) {
  start_blocked();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(thread_->pending(), 1U);
  unblock();
  desk_.await([](Desk& desk) { return desk.told.size() == 1; });
}

TEST_F(WriterThreadTest, CommitsWhatGatheredMeanwhileAsOneGroup) {
  start_blocked();
  for (std::int64_t second = 1; second <= 4; ++second)
    ASSERT_TRUE(thread_->append({event(second), event(second)}));
  EXPECT_EQ(thread_->pending(), 9U);
  unblock();
  desk_.await([](Desk& desk) { return desk.told.size() == 9; });
  EXPECT_THAT(group_sizes(), ElementsAre(1, 8));
}

TEST_F(WriterThreadTest, NeverSplitsWhatBelongsTogetherAndKeepsGroupsSmall) {
  start_blocked();
  ASSERT_TRUE(thread_->append(std::vector<model::Event>(1'500, event(1))));
  ASSERT_TRUE(thread_->append(std::vector<model::Event>(1'500, event(2))));
  ASSERT_TRUE(thread_->append(std::vector<model::Event>(5'000, event(3))));
  unblock();
  desk_.await([](Desk& desk) { return desk.told.size() == 8'001; });
  EXPECT_THAT(group_sizes(), ElementsAre(1, 1'500, 1'500, 5'000));
}

/// Whoever is killed then has not stored what waits: that must lie behind the last time that is known.
TEST_F(WriterThreadTest, LivesNoLongerThanWhatStillWaitsAllows) {
  start_blocked();
  ASSERT_TRUE(thread_->append(std::vector<model::Event>(1'500, event(1))));
  ASSERT_TRUE(thread_->append(std::vector<model::Event>(1'500, event(2))));
  ASSERT_TRUE(thread_->append(std::vector<model::Event>(5'000, event(3))));
  unblock();
  desk_.await([](Desk& desk) { return desk.told.size() == 8'001; });
  std::vector<base::UtcTime> times;
  for (const interface::AliveMark& mark : desk_.get([](Desk& desk) { return desk.marks; }))
    times.push_back(mark.at);
  EXPECT_THAT(times, ElementsAre(test::at(500), test::at(2), test::at(3), test::at(500)));
}

TEST_F(WriterThreadTest, SaysWithEachGroupThatItLives) {
  start();
  ASSERT_TRUE(thread_->append({event(1)}));
  desk_.await([](Desk& desk) { return desk.marks.size() == 1; });
  const interface::AliveMark mark = desk_.get([](Desk& desk) { return desk.marks[0]; });
  EXPECT_EQ(mark.at, test::at(500));
  EXPECT_EQ(mark.boot_id, "this boot");
}

TEST_F(WriterThreadTest, SaysThatItLivesAlsoWhenNothingHappens) {
  options_.alive_interval = std::chrono::milliseconds{1};
  start();
  desk_.await([](Desk& desk) { return desk.marks.size() >= 3; });
  for (const std::size_t size : group_sizes()) EXPECT_EQ(size, 0U);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(WriterThreadTest, TriesAgainOnAFullDiskAndSaysSoOnce) {
  desk_.failure = disk_full();
  start();
  ASSERT_TRUE(thread_->append({event(1)}));
  desk_.await([](Desk& desk) { return desk.tries >= 5; });
  EXPECT_THAT(health(), ElementsAre(WriterHealth{.commit = disk_full(), .prune = {}}));
  EXPECT_EQ(thread_->pending(), 1U);
  ASSERT_TRUE(thread_->append({event(2)}));
  desk_.set([](Desk& desk) { desk.failure.reset(); });
  desk_.await([](Desk& desk) { return desk.told.size() == 2; });
  EXPECT_THAT(health(), ElementsAre(WriterHealth{.commit = disk_full(), .prune = {}}, WriterHealth{}));
  EXPECT_EQ(told()[0].time.at, test::at(1));
}

TEST_F(WriterThreadTest, TakesNewEventsWhileAMarkCannotBeWritten) {
  options_.alive_interval = std::chrono::milliseconds{1};
  desk_.failure = disk_full();
  start();
  desk_.await([](Desk& desk) { return desk.tries >= 3; });
  ASSERT_TRUE(thread_->append({event(1)}));
  desk_.set([](Desk& desk) { desk.failure.reset(); });
  desk_.await([](Desk& desk) { return desk.told.size() == 1; });
}

TEST_F(WriterThreadTest, DropsWhatDoesNotFitAndStoresAGapInItsPlace) {
  options_.max_pending_events = 3;
  start_blocked();
  ASSERT_TRUE(thread_->append({event(1), event(2)}));
  for (const std::int64_t second : {5, 4, 9}) {
    const base::Status full = thread_->append({event(second)});
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, base::ErrorCode::kResourceExhausted);
  }
  unblock();
  desk_.await([](Desk& desk) { return desk.told.size() == 4; });
  const model::Event gap = told()[3];
  EXPECT_EQ(gap.kind, model::EventKind::kGap);
  EXPECT_EQ(gap.time.at, test::at(9));
  const auto& detail = std::get<model::GapDetail>(gap.detail);
  EXPECT_EQ(detail.from, test::at(4));
  EXPECT_EQ(detail.to, test::at(9));
  EXPECT_FALSE(detail.reason.empty());
}

TEST_F(WriterThreadTest, StoresTheGapBeforeWhatCameLater) {
  options_.max_pending_events = 3;
  start_blocked();
  ASSERT_TRUE(thread_->append({event(1)}));
  ASSERT_FALSE(thread_->append({event(2), event(3)}));
  ASSERT_TRUE(thread_->append({event(4)}));
  unblock();
  desk_.await([](Desk& desk) { return desk.told.size() == 4; });
  EXPECT_EQ(told()[1].time.at, test::at(1));
  EXPECT_EQ(told()[2].kind, model::EventKind::kGap);
  EXPECT_EQ(told()[3].time.at, test::at(4));
}

TEST_F(WriterThreadTest, TakesABatchThatIsLargerThanTheQueueWhenNothingElseWaits) {
  options_.max_pending_events = 2;
  start();
  ASSERT_TRUE(thread_->append({event(1), event(2), event(3)}));
  desk_.await([](Desk& desk) { return desk.told.size() == 3; });
}

TEST_F(WriterThreadTest, LetsAnEventThatCannotBeStoredHoldUpNoOther) {
  desk_.poison = {test::at(3)};
  start_blocked();
  ASSERT_TRUE(thread_->append({event(1)}));
  ASSERT_TRUE(thread_->append({event(2), event(3), event(4), event(5)}));
  ASSERT_TRUE(thread_->append({event(6)}));
  unblock();
  desk_.await([](Desk& desk) { return desk.told.size() == 7; });
  std::vector<base::UtcTime> times;
  for (const model::Event& event : told()) times.push_back(event.time.at);
  EXPECT_THAT(times, ElementsAre(test::at(0), test::at(1), test::at(2), test::at(3), test::at(4), test::at(5),
                                 test::at(6)));
  EXPECT_EQ(told()[3].kind, model::EventKind::kGap);
  EXPECT_THAT(health(), IsEmpty());
  desk_.await([this](Desk&) { return thread_->pending() == 0; });
  EXPECT_EQ(thread_->stop(test::kPatience), 0U);
}

TEST_F(WriterThreadTest, RefusesADecisionThatCannotBeStoredAsAWhole) {
  desk_.poison = {test::at(2)};
  start();
  ASSERT_TRUE(decide({event(1), event(2)}));
  desk_.await([](Desk& desk) { return desk.decided.size() == 1; });
  EXPECT_FALSE(desk_.get([](Desk& desk) { return desk.decided.front().has_value(); }));
  EXPECT_EQ(thread_->stop(test::kPatience), 0U);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(WriterThreadTest, DoesNotInsistOnAGapThatCannotBeStoredEither) {
  desk_.refuses_gaps = true;
  desk_.poison = {test::at(1)};
  start();
  ASSERT_TRUE(thread_->append({event(1)}));
  ASSERT_TRUE(thread_->append({event(2)}));
  desk_.await([](Desk& desk) { return desk.told.size() == 1; });
  EXPECT_EQ(thread_->stop(test::kPatience), 1U);
}

TEST_F(WriterThreadTest, CommitsWhatWaitsBeforeItEnds) {
  start_blocked();
  ASSERT_TRUE(thread_->append({event(1)}));
  unblock();
  EXPECT_EQ(thread_->stop(test::kPatience), 0U);
  EXPECT_THAT(told(), SizeIs(2));
  EXPECT_TRUE(desk_.is_writer_gone) << "the store is closed";
  EXPECT_EQ(thread_->stop(test::kPatience), 0U);
}

TEST_F(WriterThreadTest, EndsAtItsDeadlineAndSaysHowManyEventsWereLost) {
  desk_.failure = disk_full();
  start();
  ASSERT_TRUE(thread_->append({event(1), event(2)}));
  desk_.await([](Desk& desk) { return desk.tries >= 1; });
  ASSERT_TRUE(thread_->append({event(3)}));
  EXPECT_EQ(thread_->stop(std::chrono::milliseconds{5}), 3U);
  EXPECT_EQ(thread_->stop(std::chrono::milliseconds{5}), 3U);
}

TEST_F(WriterThreadTest, TakesNothingOnceItEnds) {
  start();
  EXPECT_EQ(thread_->stop(test::kPatience), 0U);
  EXPECT_EQ(thread_->append({event(1)}).error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(thread_->stop(test::kPatience), 1U);
}

TEST_F(WriterThreadTest, CountsWhatWasDroppedAsLostWhenEvenItsGapCouldNotBeStored) {
  options_.max_pending_events = 1;
  desk_.failure = disk_full();
  start();
  ASSERT_TRUE(thread_->append({event(1)}));
  ASSERT_FALSE(thread_->append({event(2), event(3)}));
  EXPECT_EQ(thread_->stop(std::chrono::milliseconds{1}), 3U);
}

TEST_F(WriterThreadTest, PrunesInStepsUntilNothingOldIsLeft) {
  options_.retention = std::chrono::seconds{60};
  desk_.prunable = 1'234;
  start();
  desk_.await([](Desk& desk) { return desk.prunable == 0; });
  ASSERT_TRUE(thread_->append({event(1)}));
  desk_.await([](Desk& desk) { return desk.told.size() == 1; });
  const auto pruned = desk_.get([](Desk& desk) { return desk.pruned_before; });
  EXPECT_THAT(pruned, ElementsAre(test::at(440), test::at(440), test::at(440)));
}

TEST_F(WriterThreadTest, CommitsWhatWaitsBetweenTwoStepsOfPruning) {
  options_.retention = std::chrono::seconds{60};
  desk_.prunable = 1'000'000'000;
  start();
  desk_.await([](Desk& desk) { return desk.pruned_before.size() > 3; });
  ASSERT_TRUE(thread_->append({event(1)}));
  desk_.await([](Desk& desk) { return desk.told.size() == 1; });
  EXPECT_GT(desk_.get([](Desk& desk) { return desk.prunable; }), 0U);
}

TEST_F(WriterThreadTest, PrunesByANewRetentionAtOnce) {
  start();
  ASSERT_TRUE(thread_->append({event(1)}));
  desk_.await([](Desk& desk) { return desk.told.size() == 1; });
  EXPECT_TRUE(desk_.get([](Desk& desk) { return desk.pruned_before.empty(); }));
  thread_->set_retention(std::chrono::seconds{100});
  desk_.await([](Desk& desk) { return desk.pruned_before == std::vector{test::at(400)}; });
  EXPECT_EQ(desk_.get([](Desk& desk) { return desk.clock_of_pruning; }), test::at(500));
}

TEST_F(WriterThreadTest, PrunesNothingByAClockThatWasSetAMomentAgo) {
  options_.retention = std::chrono::seconds{60};
  options_.alive_interval = std::chrono::milliseconds{1};
  options_.clock_trial = std::chrono::seconds{1};
  start();
  clock_set_by_ = 1'000'000;
  desk_.await([](Desk& desk) { return desk.marks.size() >= 5; });
  EXPECT_THAT(desk_.get([](Desk& desk) { return desk.pruned_before; }), IsEmpty());
}

TEST_F(WriterThreadTest, RefusesADecisionAtOnceWhenItCannotBeStored) {
  desk_.failure = disk_full();
  start();
  ASSERT_TRUE(thread_->append({event(1)}));
  desk_.await([](Desk& desk) { return desk.tries >= 1; });
  ASSERT_TRUE(decide({event(2), event(3)}));
  desk_.await([](Desk& desk) { return desk.decided.size() == 1; });
  EXPECT_EQ(desk_.get([](Desk& desk) { return desk.decided.front().error(); }), disk_full());
  EXPECT_EQ(thread_->pending(), 1U);
  EXPECT_FALSE(thread_->insist()) << "it has its answer";
  desk_.set([](Desk& desk) { desk.failure.reset(); });
  desk_.await([](Desk& desk) { return desk.told.size() == 1; });
  EXPECT_EQ(thread_->stop(test::kPatience), 0U);
  EXPECT_THAT(told(), SizeIs(1));
}

TEST_F(WriterThreadTest, AnswersADecisionWithItsOwnEventsAsTheyWereStored) {
  start_blocked();
  ASSERT_TRUE(thread_->append({event(1)}));
  ASSERT_TRUE(decide({event(2), event(3)}));
  ASSERT_TRUE(thread_->append({event(4)}));
  unblock();
  desk_.await([](Desk& desk) { return desk.decided.size() == 1 && desk.told.size() == 5; });
  const auto decided = desk_.get([](Desk& desk) { return desk.decided.front(); });
  ASSERT_TRUE(decided);
  ASSERT_THAT(*decided, SizeIs(2));
  EXPECT_EQ(decided->at(0), told().at(2));
  EXPECT_EQ(decided->at(1), told().at(3));
}

TEST_F(WriterThreadTest, LetsADecisionWaitOnceOthersBuildOnIt) {
  start_blocked();
  ASSERT_TRUE(decide({event(1)}));
  EXPECT_TRUE(thread_->insist());
  desk_.set([](Desk& desk) { desk.failure = disk_full(); });
  unblock();
  desk_.await([](Desk& desk) { return desk.tries >= 4; });
  EXPECT_TRUE(desk_.get([](Desk& desk) { return desk.decided.empty(); }));
  desk_.set([](Desk& desk) { desk.failure.reset(); });
  desk_.await([](Desk& desk) { return desk.decided.size() == 1; });
  EXPECT_TRUE(desk_.get([](Desk& desk) { return desk.decided.front().has_value(); }));
  EXPECT_FALSE(thread_->insist());
  desk_.set([](Desk& desk) { desk.failure = disk_full(); });
  ASSERT_TRUE(decide({event(2)}));
  desk_.await([](Desk& desk) { return desk.decided.size() == 2; });
  EXPECT_FALSE(desk_.get([](Desk& desk) { return desk.decided.back().has_value(); }))
      << "the next one is tried once";
}

TEST_F(WriterThreadTest, DoesNotCountARefusedDecisionAsLost) {
  start_blocked();
  ASSERT_TRUE(decide({event(1)}));
  desk_.set([](Desk& desk) { desk.failure = disk_full(); });
  unblock();
  EXPECT_EQ(thread_->stop(std::chrono::milliseconds{5}), 1U) << "what it hung in";
  EXPECT_EQ(decide({event(2)}).error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(thread_->stop(test::kPatience), 1U);
  EXPECT_THAT(desk_.get([](Desk& desk) { return desk.decided; }), SizeIs(1)) << "and it is answered";
}

TEST_F(WriterThreadTest, DoesNotCountADecisionThatWaitedAsLostEither) {
  start_blocked();
  ASSERT_TRUE(decide({event(1)}));
  ASSERT_TRUE(thread_->insist());
  desk_.set([](Desk& desk) { desk.failure = disk_full(); });
  unblock();
  EXPECT_EQ(thread_->stop(std::chrono::milliseconds{5}), 1U) << "what it hung in";
  ASSERT_THAT(desk_.get([](Desk& desk) { return desk.decided; }), SizeIs(1));
  EXPECT_FALSE(desk_.get([](Desk& desk) { return desk.decided.front().has_value(); }));
}

TEST_F(WriterThreadTest, ReportsThatItCannotPrune) {
  options_.retention = std::chrono::seconds{60};
  options_.alive_interval = std::chrono::milliseconds{1};
  desk_.prune_failure = disk_full();
  start();
  desk_.await([](Desk& desk) { return desk.pruned_before.size() >= 3 && desk.marks.size() >= 3; });
  EXPECT_THAT(health(), ElementsAre(WriterHealth{.commit = {}, .prune = disk_full()}));
  desk_.set([](Desk& desk) { desk.prune_failure.reset(); });
  desk_.await([](Desk& desk) { return desk.health.size() == 2; });
  EXPECT_EQ(health().back(), WriterHealth{});
}

TEST_F(WriterThreadTest, ReportsDamageAlsoBehindAnotherFailure) {
  const base::Error damage{base::ErrorCode::kCorrupt, "a page does not fit"};
  desk_.failure = disk_full();
  start();
  ASSERT_TRUE(thread_->append({event(1)}));
  desk_.await([](Desk& desk) { return desk.health.size() == 1; });
  desk_.set([&](Desk& desk) { desk.failure = damage; });
  desk_.await([](Desk& desk) { return desk.health.size() == 2; });
  EXPECT_EQ(health().back().commit, damage);
}

}  // namespace
}  // namespace portwatch::store
