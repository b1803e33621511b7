// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/interval.h"

#include <set>

#include <gtest/gtest.h>

namespace portwatch::store {
namespace {

base::UtcTime us(std::int64_t value) {
  return base::UtcTime(base::Micros(value));
}

std::set<std::int64_t> path_to(std::int64_t instant) {
  std::set<std::int64_t> path;
  walk_path(us(instant), [&](std::int64_t node) { path.insert(node); });
  return path;
}

TEST(Interval, FilesAPeriodUnderItsRoundestInstant) {
  EXPECT_EQ(node_of(us(8), us(10)), 8);
  EXPECT_EQ(node_of(us(9), us(13)), 12);
  EXPECT_EQ(node_of(us(3), us(100)), 64);
  EXPECT_EQ(node_of(us(7), us(8)), 7);
}

TEST(Interval, FilesNoPeriodThatHoldsNoInstant) {
  EXPECT_EQ(node_of(us(8), us(8)), std::nullopt);
  EXPECT_EQ(node_of(us(9), us(8)), std::nullopt);
  EXPECT_EQ(node_of(us(-9), us(-8)), std::nullopt);
}

TEST(Interval, HasTheNodeOfEveryPeriodOnThePathToEveryInstantInIt) {
  for (const std::int64_t base :
       {std::int64_t{1}, std::int64_t{1} << 20U, std::int64_t{1'795'262'400'000'000}}) {
    for (std::int64_t begin = base; begin < base + 40; ++begin) {
      for (std::int64_t end = begin + 1; end < base + 41; ++end) {
        const std::int64_t node = node_of(us(begin), us(end)).value();
        ASSERT_LE(begin, node);
        ASSERT_LT(node, end);
      }
    }
    for (std::int64_t instant = base; instant < base + 40; ++instant) {
      const std::set<std::int64_t> path = path_to(instant);
      for (std::int64_t begin = base; begin <= instant; ++begin)
        for (std::int64_t end = instant + 1; end < base + 41; ++end)
          ASSERT_TRUE(path.contains(*node_of(us(begin), us(end)))) << begin << ' ' << end << ' ' << instant;
    }
  }
}

TEST(Interval, WalksAPathOfBoundedLength) {
  for (const std::int64_t instant :
       {std::int64_t{-5}, std::int64_t{1}, std::int64_t{1'795'262'400'123'457}, (std::int64_t{1} << 62U) - 1})
    EXPECT_LE(path_to(instant).size(), 62U);
}

}  // namespace
}  // namespace portwatch::store
