// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/turns.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/support/loop_harness.h"

namespace portwatch::server {
namespace {

constexpr base::Uid kAna{1000};

TEST(Turns, AreTakenOnceForEachAskingAndNotAtOnce) {
  test::LoopHarness harness;
  Turns turns(harness.loop());
  int taken = 0;
  Turns::Seat seat(turns, kAna, [&] { ++taken; });
  seat.ask();
  seat.ask();
  EXPECT_EQ(taken, 0);
  harness.settle();
  EXPECT_EQ(taken, 1);
  seat.ask();
  harness.settle();
  EXPECT_EQ(taken, 2);
}

TEST(Turns, OfOneThatAlwaysAsksLeaveTheLoopToOthers) {
  test::LoopHarness harness;
  Turns turns(harness.loop());
  std::optional<Turns::Seat> greedy;
  int taken = 0;
  greedy.emplace(turns, kAna, [&] {
    ++taken;
    greedy->ask();
  });
  greedy->ask();
  bool has_fired = false;
  uv::Timer timer(harness.loop(), [&] { has_fired = true; });
  timer.start_once(std::chrono::milliseconds{5});
  EXPECT_TRUE(harness.run_until([&] { return has_fired; }));
  EXPECT_GT(taken, 1);
}

TEST(Turns, MayEndTheirOwnSeatAndOthers) {
  test::LoopHarness harness;
  Turns turns(harness.loop());
  std::optional<Turns::Seat> first;
  std::optional<Turns::Seat> second;
  int taken = 0;
  const auto leave = [&] {
    ++taken;
    first.reset();
    second.reset();
  };
  first.emplace(turns, kAna, leave);
  second.emplace(turns, base::Uid{1001}, leave);
  first->ask();
  second->ask();
  harness.settle();
  EXPECT_EQ(taken, 1);
}

TEST(Turns, AreChargedForWhatIsDoneOutOfTurn) {
  test::LoopHarness harness;
  Turns turns(harness.loop());
  std::vector<int> order;
  Turns::Seat busy(turns, kAna, [&] { order.push_back(1); });
  Turns::Seat quiet(turns, base::Uid{1001}, [&] { order.push_back(2); });
  busy.charge([] {
    // Longer than the clock's step.
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds{1}) {
    }
  });
  busy.ask();
  quiet.ask();
  harness.settle();
  EXPECT_EQ(order, (std::vector{2, 1}));
}

}  // namespace
}  // namespace portwatch::server
