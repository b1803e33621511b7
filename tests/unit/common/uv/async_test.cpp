// SPDX-License-Identifier: Apache-2.0
#include "common/uv/async.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/loop_harness.h"

namespace portwatch::uv {
namespace {

TEST(Async, RunsJobsOfAnotherThreadOnTheLoopInOrder) {
  test::LoopHarness harness;
  auto async = Async::make(harness.loop());
  ASSERT_TRUE(async);
  std::vector<int> seen;
  std::thread::id ran_on;
  std::thread other([&, sender = async->sender()] {
    for (int i = 0; i < 100; ++i)
      EXPECT_TRUE(sender.send([&, i] {
        seen.push_back(i);
        ran_on = std::this_thread::get_id();
      }));
  });
  EXPECT_TRUE(harness.run_until([&] { return seen.size() == 100; }));
  other.join();
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(Async, RefusesWhatIsSentAfterItIsGone) {
  test::LoopHarness harness;
  std::optional<Async::Sender> sender;
  bool has_run = false;
  {
    auto async = Async::make(harness.loop());
    ASSERT_TRUE(async);
    sender = async->sender();
    EXPECT_TRUE(sender->send([&] { has_run = true; }));
  }
  EXPECT_FALSE(sender->send([&] { has_run = true; }));
  harness.settle();
  EXPECT_FALSE(has_run);
}

TEST(Async, DropsTheJobsBehindTheOneThatDestroysIt) {
  test::LoopHarness harness;
  auto made = Async::make(harness.loop());
  ASSERT_TRUE(made);
  std::optional<Async> async(std::move(*made));
  bool has_first_run = false;
  bool has_second_run = false;
  async->send([&] {
    async.reset();
    has_first_run = true;
  });
  async->send([&] { has_second_run = true; });
  ASSERT_TRUE(harness.run_until([&] { return has_first_run; }));
  harness.settle();
  EXPECT_FALSE(has_second_run);
}

TEST(Async, SurvivesSendersThatRaceWithItsEnd) {
  test::LoopHarness harness;
  auto made = Async::make(harness.loop());
  ASSERT_TRUE(made);
  std::optional<Async> async(std::move(*made));
  int ran = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&ran, sender = async->sender()] {
      while (sender.send([&ran] { ++ran; })) std::this_thread::yield();
    });
  EXPECT_TRUE(harness.run_until([&] { return ran > 100; }));
  async.reset();
  for (auto& thread : threads) thread.join();
  harness.settle();
}

}  // namespace
}  // namespace portwatch::uv
