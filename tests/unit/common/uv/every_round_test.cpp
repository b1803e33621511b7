// SPDX-License-Identifier: Apache-2.0
#include "common/uv/every_round.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/support/loop_harness.h"

namespace portwatch::uv {
namespace {

TEST(EveryRound, IsCalledOnceInEachRoundUntilItStopsItself) {
  test::LoopHarness harness;
  int called = 0;
  std::optional<EveryRound> round;
  round.emplace(harness.loop(), [&] {
    if (++called == 3) round->stop();
  });
  round->start();
  harness.loop().run_once_without_waiting();
  EXPECT_EQ(called, 1);
  harness.settle();
  EXPECT_EQ(called, 3);
}

TEST(EveryRound, LetsTheLoopSeeWhatComesInBetween) {
  test::LoopHarness harness;
  bool has_fired = false;
  Timer timer(harness.loop(), [&] { has_fired = true; });
  EveryRound busy(harness.loop(), [] {});
  busy.start();
  timer.start_once(std::chrono::milliseconds{1});
  EXPECT_TRUE(harness.run_until([&] { return has_fired; }));
}

TEST(EveryRound, MayBeDestroyedByItsOwnCallback) {
  test::LoopHarness harness;
  const auto token = std::make_shared<int>(7);
  int seen = 0;
  std::optional<EveryRound> round;
  round.emplace(harness.loop(), [&, token] {
    round.reset();
    seen = *token;  // what the callback captured is still there
  });
  round->start();
  ASSERT_TRUE(harness.run_until([&] { return token.use_count() == 1; }));
  EXPECT_EQ(seen, 7);
}

}  // namespace
}  // namespace portwatch::uv
