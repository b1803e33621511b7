// SPDX-License-Identifier: Apache-2.0
#include "common/uv/work.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <optional>
#include <string>
#include <thread>

#include "tests/support/loop_harness.h"

namespace portwatch::uv {
namespace {

TEST(Work, RunsOnAnotherThreadAndDeliversOnTheLoop) {
  test::LoopHarness harness;
  Work work(harness.loop());
  std::optional<std::thread::id> worker;
  std::thread::id delivered_on;
  work.run([] { return std::this_thread::get_id(); },
           [&](std::thread::id id) {
             worker = id;
             delivered_on = std::this_thread::get_id();
           });
  EXPECT_EQ(work.outstanding(), 1U);
  ASSERT_TRUE(harness.run_until([&] { return worker.has_value(); }));
  EXPECT_NE(*worker, std::this_thread::get_id());
  EXPECT_EQ(delivered_on, std::this_thread::get_id());
  EXPECT_EQ(work.outstanding(), 0U);
}

TEST(Work, MovesResultsThatCannotBeCopied) {
  test::LoopHarness harness;
  Work work(harness.loop());
  std::unique_ptr<std::string> got;
  work.run([] { return std::make_unique<std::string>("moved"); },
           [&](std::unique_ptr<std::string> result) { got = std::move(result); });
  ASSERT_TRUE(harness.run_until([&] { return got != nullptr; }));
  EXPECT_EQ(*got, "moved");
}

TEST(Work, DeliversNothingAfterItIsDestroyed) {
  bool is_delivered = false;
  std::atomic<bool> has_run = false;
  std::latch started(1);
  std::latch released(1);
  {
    test::LoopHarness harness;
    {
      Work work(harness.loop());
      work.run(
          [&] {
            started.count_down();
            released.wait();
            has_run = true;
          },
          [&] { is_delivered = true; });
      started.wait();
    }
    released.count_down();
    harness.settle();
  }  // the loop waits for the job that runs, and leaves nothing behind
  EXPECT_TRUE(has_run);
  EXPECT_FALSE(is_delivered);
}

TEST(Work, MayBeDestroyedByADelivery) {
  test::LoopHarness harness;
  std::optional<Work> work(std::in_place, harness.loop());
  bool is_delivered = false;
  work->run([] {},
            [&] {
              work.reset();
              is_delivered = true;
            });
  ASSERT_TRUE(harness.run_until([&] { return is_delivered; }));
}

TEST(Work, LeavesNothingBehindWhenTheLoopNeverRuns) {
  const auto token = std::make_shared<int>(1);
  {
    Loop loop;
    Work work(loop);
    for (int i = 0; i < 50; ++i) work.run([token] { return *token; }, [token](int) {});
  }
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace portwatch::uv
