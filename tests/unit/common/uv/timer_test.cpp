// SPDX-License-Identifier: Apache-2.0
#include "common/uv/timer.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/support/loop_harness.h"

namespace portwatch::uv {
namespace {

using std::chrono::milliseconds;

TEST(Timer, FiresOnceAndIsInactiveAfterwards) {
  test::LoopHarness harness;
  int fired = 0;
  Timer timer(harness.loop(), [&] { ++fired; });
  timer.start_once(milliseconds{1});
  EXPECT_TRUE(timer.is_active());
  ASSERT_TRUE(harness.run_until([&] { return fired == 1; }));
  EXPECT_FALSE(timer.is_active());
  harness.settle();
  EXPECT_EQ(fired, 1);
}

TEST(Timer, NeverFiresEarlyForAFractionOfAMillisecond) {
  test::LoopHarness harness;
  const auto started = std::chrono::steady_clock::now();
  std::optional<std::chrono::steady_clock::duration> waited;
  Timer timer(harness.loop(), [&] { waited = std::chrono::steady_clock::now() - started; });
  timer.start_once(base::Micros{1'200});
  ASSERT_TRUE(harness.run_until([&] { return waited.has_value(); }));
  // libuv's clock has whole milliseconds, so up to one of the two that were asked for may have passed
  // already.
  EXPECT_GE(*waited, milliseconds{1});
}

TEST(Timer, RepeatsUntilItIsStoppedInItsOwnCallback) {
  test::LoopHarness harness;
  int fired = 0;
  std::optional<Timer> timer;
  timer.emplace(harness.loop(), [&] {
    if (++fired == 3) timer->stop();
  });
  timer->start_repeating(milliseconds{1});
  ASSERT_TRUE(harness.run_until([&] { return !timer->is_active(); }));
  EXPECT_EQ(fired, 3);
}

TEST(Timer, MayBeDestroyedByItsOwnCallback) {
  test::LoopHarness harness;
  const auto token = std::make_shared<int>(7);
  int seen = 0;
  std::optional<Timer> timer;
  timer.emplace(harness.loop(), [&, token] {
    timer.reset();
    seen = *token;  // what the callback captured is still there
  });
  timer->start_repeating(milliseconds{1});
  ASSERT_TRUE(harness.run_until([&] { return seen == 7; }));
  ASSERT_TRUE(harness.run_until([&] { return token.use_count() == 1; }));
}

TEST(Timer, DoesNotFireAfterItIsDestroyed) {
  test::LoopHarness harness;
  bool has_fired = false;
  {
    Timer timer(harness.loop(), [&] { has_fired = true; });
    timer.start_once(base::Micros{0});
  }
  harness.settle();
  EXPECT_FALSE(has_fired);
}

}  // namespace
}  // namespace portwatch::uv
