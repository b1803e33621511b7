// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/query_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/support/builders.h"
#include "tests/support/loop_harness.h"

namespace portwatch::app {
namespace {

struct Gate {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<bool> is_closed{false};
  std::atomic<int> readers{0};
  std::atomic<int> asked{0};
};

/// Answers an event query with one event whose seq is the query's limit.
class FakeReader final : public interface::EventReader {
 public:
  explicit FakeReader(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) { ++gate_->readers; }
  ~FakeReader() override { --gate_->readers; }

  base::Result<model::EventPage> events(const model::EventQuery& query) override {
    if (is_reading_.exchange(true))
      return base::fail(base::ErrorCode::kInternal, "two threads in one reader");
    ++gate_->asked;
    const int inside = ++gate_->inside;
    if (inside > gate_->most) gate_->most = inside;
    while (gate_->is_closed) std::this_thread::yield();
    --gate_->inside;
    is_reading_ = false;
    model::EventPage page;
    page.events.push_back(
        test::make_event(model::EventKind::kOpened, static_cast<std::int64_t>(query.limit)));
    return page;
  }
  base::Result<model::AlertPage> alerts(const model::AlertQuery&) override {
    return base::fail(base::ErrorCode::kUnavailable, "the disk is gone");
  }
  base::Result<model::PastPage> listeners_at(const model::PastQuery&) override {
    return model::PastPage{.listeners = {test::share(test::make_listener())}, .next = {}};
  }

 private:
  std::shared_ptr<Gate> gate_;
  std::atomic<bool> is_reading_{false};
};

constexpr base::Uid kAna{1000};
constexpr base::Uid kBob{1001};

class QueryRunnerTest : public testing::Test {
 protected:
  std::unique_ptr<QueryRunner> make(int readers) {
    std::vector<std::unique_ptr<interface::EventReader>> made;
    for (int i = 0; i < readers; ++i) made.push_back(std::make_unique<FakeReader>(gate));
    return std::make_unique<QueryRunner>(harness.loop(), std::move(made), [](base::Port port) {
      return model::ConnectionList{.left_out = port.value};
    });
  }

  test::LoopHarness harness;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
};

TEST_F(QueryRunnerTest, AsksTheSystemWhoIsConnected) {
  const auto runner = make(1);
  const auto queries = runner->queries_of(kAna);
  std::optional<base::Result<model::ConnectionList>> answer;
  queries->connections(base::Port{8080}, [&](auto found) { answer = std::move(found); });
  EXPECT_FALSE(answer) << "not on the loop";
  ASSERT_TRUE(harness.run_until([&] { return answer.has_value(); }));
  EXPECT_EQ((*answer)->left_out, 8080U);
}

TEST_F(QueryRunnerTest, AnswersEachQuestionOnceAndNotAtOnce) {
  const auto runner = make(2);
  const auto queries = runner->queries_of(kAna);
  std::vector<std::int64_t> answers;
  for (std::size_t i = 1; i <= QueryRunner::kMaxWaiting; ++i)
    queries->events({.limit = i}, [&](base::Result<model::EventPage> page) {
      ASSERT_TRUE(page) << page.error().message;
      answers.push_back(page->events.at(0).seq.value);
    });
  EXPECT_TRUE(answers.empty());
  ASSERT_TRUE(harness.run_until([&] { return answers.size() >= QueryRunner::kMaxWaiting; }));
  harness.settle();
  std::ranges::sort(answers);
  for (std::size_t i = 0; i < QueryRunner::kMaxWaiting; ++i)
    EXPECT_EQ(answers.at(i), static_cast<std::int64_t>(i + 1));
  EXPECT_EQ(answers.size(), QueryRunner::kMaxWaiting);
}

TEST_F(QueryRunnerTest, UsesEveryReaderAndNoReaderTwiceAtATime) {
  const auto runner = make(2);
  const auto queries = runner->queries_of(kAna);
  gate->is_closed = true;
  int answered = 0;
  for (int i = 0; i < 6; ++i)
    queries->events({}, [&](const base::Result<model::EventPage>& page) {
      EXPECT_TRUE(page) << page.error().message;
      ++answered;
    });
  ASSERT_TRUE(harness.run_until([&] { return gate->inside == 2; }));
  gate->is_closed = false;
  ASSERT_TRUE(harness.run_until([&] { return answered == 6; }));
  EXPECT_EQ(gate->most, 2);
}

TEST_F(QueryRunnerTest, HandsOnErrorsAndOtherKindsOfAnswers) {
  const auto runner = make(1);
  const auto queries = runner->queries_of(kAna);
  std::optional<base::Error> error;
  std::size_t listeners = 0;
  queries->alerts({}, [&](const base::Result<model::AlertPage>& page) {
    ASSERT_FALSE(page);
    error = page.error();
  });
  queries->listeners_at({}, [&](const base::Result<model::PastPage>& found) {
    ASSERT_TRUE(found);
    listeners = found->listeners.size();
  });
  ASSERT_TRUE(harness.run_until([&] { return error.has_value() && listeners > 0; }));
  EXPECT_EQ(error->message, "the disk is gone");
}

TEST_F(QueryRunnerTest, RefusesMoreQuestionsThanItsBoundButAnswersThemAll) {
  const auto runner = make(1);
  const auto queries = runner->queries_of(kAna);
  gate->is_closed = true;
  std::size_t answered = 0, refused = 0;
  const std::size_t asked = QueryRunner::kMaxWaiting + 2;
  for (std::size_t i = 0; i < asked; ++i)
    queries->events({}, [&](const base::Result<model::EventPage>& page) {
      ++answered;
      if (!page && page.error().code == base::ErrorCode::kResourceExhausted) ++refused;
    });
  EXPECT_EQ(answered, 0U);
  gate->is_closed = false;
  ASSERT_TRUE(harness.run_until([&] { return answered == asked; }));
  EXPECT_EQ(refused, 1U);
}

TEST_F(QueryRunnerTest, TakesTheQuestionOfAnotherUserBeforeTheManyOfOne) {
  const auto runner = make(1);
  std::vector<std::unique_ptr<interface::Queries>> many;
  std::vector<base::Uid> order;
  const auto ask = [&](interface::Queries& queries, base::Uid uid) {
    queries.events({}, [&order, uid](const base::Result<model::EventPage>&) { order.push_back(uid); });
  };
  gate->is_closed = true;
  for (int i = 0; i < 20; ++i) {
    many.push_back(runner->queries_of(kAna));
    ask(*many.back(), kAna);
  }
  ASSERT_TRUE(harness.run_until([&] { return gate->inside == 1; }));
  const auto bobs = runner->queries_of(kBob);
  ask(*bobs, kBob);
  gate->is_closed = false;
  ASSERT_TRUE(harness.run_until([&] { return order.size() == 21; }));
  EXPECT_EQ(order.at(1), kBob) << "next behind what is under way";
}

TEST_F(QueryRunnerTest, TakesTheQuestionOfAQuietClientBeforeThoseOfABusyOneOfTheSameUser) {
  const auto runner = make(1);
  const auto busy = runner->queries_of(kAna);
  const auto quiet = runner->queries_of(kAna);
  std::vector<int> order;
  gate->is_closed = true;
  for (int i = 0; i < 5; ++i)
    busy->events({}, [&](const base::Result<model::EventPage>&) { order.push_back(1); });
  ASSERT_TRUE(harness.run_until([&] { return gate->inside == 1; }));
  quiet->events({}, [&](const base::Result<model::EventPage>&) { order.push_back(2); });
  // Long enough to count.
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds{2}) {
  }
  gate->is_closed = false;
  ASSERT_TRUE(harness.run_until([&] { return order.size() == 6; }));
  EXPECT_EQ(order.at(1), 2);
}

TEST_F(QueryRunnerTest, AsksNothingForWhoIsGone) {
  const auto runner = make(1);
  gate->is_closed = true;
  auto gone = runner->queries_of(kAna);
  int answered = 0;
  const auto count = [&](const base::Result<model::EventPage>&) { ++answered; };
  gone->events({}, count);
  ASSERT_TRUE(harness.run_until([&] { return gate->inside == 1; }));
  for (int i = 0; i < 5; ++i) gone->events({}, count);
  gone.reset();
  const auto stays = runner->queries_of(kAna);
  bool is_answered = false;
  stays->events({}, [&](const base::Result<model::EventPage>& page) { is_answered = page.has_value(); });
  gate->is_closed = false;
  ASSERT_TRUE(harness.run_until([&] { return is_answered; }));
  harness.settle();
  EXPECT_EQ(answered, 0);
  EXPECT_EQ(gate->asked, 2) << "what was under way, and the other's";
}

TEST_F(QueryRunnerTest, ClosedItFinishesWhatIsBeingAnsweredAndRefusesTheRest) {
  const auto runner = make(1);
  const auto queries = runner->queries_of(kAna);
  gate->is_closed = true;
  int answered = 0, refused = 0;
  const auto count = [&](const base::Result<model::EventPage>& page) {
    if (page) ++answered;
    if (!page && page.error().code == base::ErrorCode::kUnavailable) ++refused;
  };
  queries->events({}, count);
  queries->events({}, count);
  ASSERT_TRUE(harness.run_until([&] { return gate->inside == 1; }));
  runner->close();
  queries->events({}, count);
  EXPECT_EQ(refused, 0) << "answers come later, also these";
  gate->is_closed = false;
  ASSERT_TRUE(harness.run_until([&] { return answered + refused == 3; }));
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(gate->readers, 0) << "no reader stays open";
}

TEST_F(QueryRunnerTest, MayBeDestroyedWhileAQuestionIsOpen) {
  auto runner = make(1);
  auto queries = runner->queries_of(kAna);
  gate->is_closed = true;
  int answered = 0;
  queries->events({}, [&](const base::Result<model::EventPage>&) { ++answered; });
  ASSERT_TRUE(harness.run_until([&] { return gate->inside == 1; }));
  queries.reset();
  runner.reset();
  gate->is_closed = false;
  ASSERT_TRUE(harness.run_until([&] { return gate->inside == 0; }));
  harness.settle();
  EXPECT_EQ(answered, 0);
}

}  // namespace
}  // namespace portwatch::app
