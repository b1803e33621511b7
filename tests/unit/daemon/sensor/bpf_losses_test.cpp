// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/bpf/losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portwatch::sensor::bpf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(BpfLosses, ThoseThatNoGapTellsOfAreBlindSpots) {
  EXPECT_THAT(blind_spots_of({.records = 5, .processes = 5, .skipped = 3}), IsEmpty());
  EXPECT_THAT(blind_spots_of({.unseen_refusals = 7, .unseen_holders = 8, .unseen_tries = 9}),
              ElementsAre(HasSubstr("of 7 calls of bind(2)"), HasSubstr("8 times"),
                          HasSubstr("9 calls of listen(2)")));
}

}  // namespace
}  // namespace portwatch::sensor::bpf
