// SPDX-License-Identifier: Apache-2.0
#include "common/base/assert.h"

#include <gtest/gtest.h>

namespace portwatch::base {
namespace {

TEST(AssertDeathTest, NamesTheBugAndItsPlaceAndStops) {
  const int answer = 41;
  EXPECT_DEATH(PW_ASSERT(answer == 42), "assert_test.cpp:.*: assertion failed: answer == 42");
}

TEST(Assert, AsksOnce) {
  int asked = 0;
  PW_ASSERT(++asked > 0);
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace portwatch::base
