// SPDX-License-Identifier: Apache-2.0
#include "common/base/unique_handle.h"

#include <vector>

#include <gtest/gtest.h>

namespace portwatch::base {
namespace {

struct Recording {
  using Raw = int;
  static constexpr int kNone = -1;
  static inline std::vector<int> closed;
  static void close(int raw) { closed.push_back(raw); }
};
using Handle = UniqueHandle<Recording>;

class UniqueHandleTest : public testing::Test {
 protected:
  void SetUp() override { Recording::closed.clear(); }
};

TEST_F(UniqueHandleTest, ClosesOnceAtTheEnd) {
  {
    Handle a(3);
    Handle b(std::move(a));
    EXPECT_TRUE(b.is_valid());
    EXPECT_TRUE(Recording::closed.empty());
  }
  EXPECT_EQ(Recording::closed, std::vector{3});
}

TEST_F(UniqueHandleTest, ClosesNothingWhenItHoldsNone) {
  {
    const Handle none;
  }
  EXPECT_TRUE(Recording::closed.empty());
}

TEST_F(UniqueHandleTest, ClosesTheOldWhenANewOneIsAssigned) {
  Handle a(3);
  a = Handle(4);
  EXPECT_EQ(Recording::closed, std::vector{3});
  a.reset(5);
  EXPECT_EQ(Recording::closed, (std::vector{3, 4}));
}

TEST_F(UniqueHandleTest, GivesItsHandleAwayWithoutClosing) {
  {
    Handle a(3);
    EXPECT_EQ(a.release(), 3);
    EXPECT_FALSE(a);
  }
  EXPECT_TRUE(Recording::closed.empty());
}

}  // namespace
}  // namespace portwatch::base
