// SPDX-License-Identifier: Apache-2.0
#include "common/uv/loop.h"

#include <gtest/gtest.h>

#include <optional>

#include "common/uv/timer.h"

namespace portwatch::uv {
namespace {

TEST(Loop, RunsUntilItIsStopped) {
  Loop loop;
  int turns = 0;
  Timer timer(loop, [&] {
    if (++turns == 3) loop.stop();
  });
  timer.start_repeating(std::chrono::milliseconds{1});
  loop.run();
  EXPECT_EQ(turns, 3);
}

TEST(Loop, EndsByItselfWhenNothingIsActive) {
  Loop loop;
  Timer timer(loop, [] {});
  timer.start_once(base::Micros{0});
  loop.run();
  EXPECT_FALSE(loop.run_once_without_waiting());
}

TEST(LoopDeathTest, NamesTheHandleThatOutlivesIt) {
  EXPECT_DEATH(
      {
        std::optional<Loop> loop(std::in_place);
        const Timer timer(*loop, [] {});
        loop.reset();
      },
      "a timer handle outlives its loop");
}

}  // namespace
}  // namespace portwatch::uv
