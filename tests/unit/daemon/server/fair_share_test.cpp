// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/fair_share.h"

#include <gtest/gtest.h>

#include <vector>

namespace portwatch::server {
namespace {

using std::chrono::milliseconds;

constexpr base::Uid kAna{1000};
constexpr base::Uid kBob{1001};

class FairShares : public testing::Test {
 protected:
  /// Each of them always has more to do. How often each was chosen, of so many times.
  std::vector<int> choices(const std::vector<FairShare::MemberRef>& busy, int times, base::Micros cost) {
    std::vector<int> chosen(busy.size());
    for (int i = 0; i < times; ++i) {
      for (const auto& member : busy) share.wait(member);
      const auto next = share.take_next();
      share.charge(next, cost);
      for (std::size_t k = 0; k < busy.size(); ++k) chosen[k] += busy[k] == next ? 1 : 0;
    }
    for (const auto& member : busy) share.stop_waiting(member);
    return chosen;
  }

  FairShare share;
};

TEST_F(FairShares, GivesClientsOfOneUserTheSame) {
  const auto chosen = choices({share.join(kAna), share.join(kAna), share.join(kAna)}, 300, milliseconds{1});
  for (const int times : chosen) EXPECT_NEAR(times, 100, 1);
}

TEST_F(FairShares, GivesUsersTheSameHoweverManyClientsTheyHave) {
  std::vector<FairShare::MemberRef> busy{share.join(kBob)};
  for (int i = 0; i < 9; ++i) busy.push_back(share.join(kAna));
  const auto chosen = choices(busy, 1000, milliseconds{1});
  EXPECT_NEAR(chosen[0], 500, 30) << "as often as the other user's nine together";
}

TEST_F(FairShares, CountsTimeNotTurns) {
  const auto dear = share.join(kAna);
  const auto cheap = share.join(kBob);
  int dear_turns = 0;
  int cheap_turns = 0;
  for (int i = 0; i < 1100; ++i) {
    share.wait(dear);
    share.wait(cheap);
    const auto next = share.take_next();
    share.charge(next, next == dear ? milliseconds{10} : milliseconds{1});
    ++(next == dear ? dear_turns : cheap_turns);
  }
  EXPECT_NEAR(dear_turns, 100, 10);
  EXPECT_NEAR(cheap_turns, 1000, 10);
}

TEST_F(FairShares, TakesWhoWasQuietFirst) {
  const auto quiet = share.join(kBob);
  const auto quiet_of_the_same = share.join(kAna);
  const std::vector<FairShare::MemberRef> busy{share.join(kAna), share.join(kAna)};
  choices(busy, 500, milliseconds{1});
  for (const auto& each : {quiet, quiet_of_the_same}) {
    for (const auto& member : busy) share.wait(member);
    share.wait(each);
    EXPECT_TRUE(share.take_next() == each);
  }
}

TEST_F(FairShares, LetsNobodySaveUpMoreThanALittle) {
  const auto busy = share.join(kAna);
  const auto late = share.join(kBob);
  choices({busy}, 10'000, milliseconds{1});
  const auto chosen = choices({busy, late}, 200, milliseconds{1});
  EXPECT_NEAR(chosen[1], 100 + FairShare::kCredit / milliseconds{2}, 2);
}

TEST_F(FairShares, ForgivesWhoeverWasAloneAndBusy) {
  const auto once_busy = share.join(kAna);
  choices({once_busy}, 10'000, milliseconds{1});
  const auto newcomer = share.join(kBob);
  choices({newcomer}, 10, milliseconds{1});
  const auto chosen = choices({once_busy, newcomer}, 200, milliseconds{1});
  EXPECT_GT(chosen[0], 80) << "what was used while nobody else wanted it is not held against anybody";
}

TEST_F(FairShares, GivesNoCreditForConnectingAgain) {
  const auto steady = share.join(kBob);
  int steady_turns = 0;
  for (int i = 0; i < 400; ++i) {
    const auto fresh = share.join(kAna);
    share.wait(fresh);
    share.wait(steady);
    const auto next = share.take_next();
    share.charge(next, milliseconds{1});
    if (next == steady) ++steady_turns;
    share.leave(fresh);
  }
  EXPECT_NEAR(steady_turns, 200, 25);
}

TEST_F(FairShares, KnowsWhetherAnybodyWaits) {
  EXPECT_FALSE(share.is_anybody_waiting());
  const auto member = share.join(kAna);
  share.wait(member);
  share.wait(member);
  EXPECT_TRUE(share.is_anybody_waiting());
  share.leave(member);
  EXPECT_FALSE(share.is_anybody_waiting());
}

}  // namespace
}  // namespace portwatch::server
