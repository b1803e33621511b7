// SPDX-License-Identifier: Apache-2.0
#include "common/uv/signal.h"

#include <gtest/gtest.h>

#include <csignal>
#include <optional>

#include "tests/support/loop_harness.h"

namespace portwatch::uv {
namespace {

TEST(Signal, IsToldOnTheLoop) {
  test::LoopHarness harness;
  int told = 0;
  const auto signal = Signal::watch(harness.loop(), SIGUSR1, [&] { ++told; });
  ASSERT_TRUE(signal);
  ASSERT_EQ(std::raise(SIGUSR1), 0);
  EXPECT_EQ(told, 0);
  ASSERT_TRUE(harness.run_until([&] { return told == 1; }));
}

TEST(Signal, MayBeDestroyedByItsOwnCallback) {
  test::LoopHarness harness;
  std::optional<base::Result<Signal>> signal;
  bool is_told = false;
  signal.emplace(Signal::watch(harness.loop(), SIGUSR2, [&] {
    signal.reset();
    is_told = true;
  }));
  ASSERT_TRUE(*signal);
  ASSERT_EQ(std::raise(SIGUSR2), 0);
  ASSERT_TRUE(harness.run_until([&] { return is_told; }));
}

TEST(Signal, RefusesANumberThatIsNone) {
  test::LoopHarness harness;
  const auto signal = Signal::watch(harness.loop(), 0, [] {});
  ASSERT_FALSE(signal);
  EXPECT_EQ(signal.error().code, base::ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace portwatch::uv
