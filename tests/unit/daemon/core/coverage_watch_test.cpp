// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/coverage_watch.h"

#include <gtest/gtest.h>

namespace portwatch::core {
namespace {

model::Coverage with_holes(std::vector<model::Hole> holes, std::uint32_t denied = 0) {
  model::Coverage coverage;
  coverage.holes = std::move(holes);
  coverage.denied_processes = denied;
  return coverage;
}

model::Hole hole(net::Family family, std::string reason = "ENOBUFS") {
  return {{base::Netns{1}, net::Protocol::kTcp, family}, std::move(reason)};
}

TEST(CoverageWatch, SaysNothingWhileEverythingIsSeen) {
  CoverageWatch watch;
  EXPECT_FALSE(watch.update(with_holes({})));
  EXPECT_FALSE(watch.update(with_holes({})));
}

TEST(CoverageWatch, TellsAtOnceWhatTheFirstLookCannotSee) {
  CoverageWatch watch;
  EXPECT_TRUE(watch.update(with_holes({}, 7)));
  EXPECT_FALSE(watch.update(with_holes({}, 7)));
}

TEST(CoverageWatch, IgnoresHowManyProcessesAreDenied) {
  CoverageWatch watch;
  ASSERT_TRUE(watch.update(with_holes({}, 7)));
  EXPECT_FALSE(watch.update(with_holes({}, 8)));
  EXPECT_FALSE(watch.update(with_holes({}, 9)));
  EXPECT_FALSE(watch.update(with_holes({}, 0)));
  EXPECT_TRUE(watch.update(with_holes({}, 0))) << "but none is news, once it lasts";
}

TEST(CoverageWatch, IgnoresAHoleOfOneLook) {
  CoverageWatch watch;
  EXPECT_FALSE(watch.update(with_holes({})));
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(watch.update(with_holes({hole(net::Family::kIpv4)})));
    EXPECT_FALSE(watch.update(with_holes({})));
  }
}

TEST(CoverageWatch, TellsOfAHoleThatLastsAndOfItsEnd) {
  CoverageWatch watch;
  EXPECT_FALSE(watch.update(with_holes({})));
  EXPECT_FALSE(watch.update(with_holes({hole(net::Family::kIpv4)})));
  EXPECT_TRUE(watch.update(with_holes({hole(net::Family::kIpv4, "another reason")})));
  EXPECT_FALSE(watch.update(with_holes({hole(net::Family::kIpv4)})));
  EXPECT_FALSE(watch.update(with_holes({})));
  EXPECT_TRUE(watch.update(with_holes({})));
  EXPECT_EQ(watch.current(), with_holes({}));
}

TEST(CoverageWatch, DoesNotMindTheOrderOfHoles) {
  CoverageWatch watch;
  ASSERT_TRUE(watch.update(with_holes({hole(net::Family::kIpv4), hole(net::Family::kIpv6)})));
  EXPECT_FALSE(watch.update(with_holes({hole(net::Family::kIpv6), hole(net::Family::kIpv4)})));
  EXPECT_FALSE(watch.update(with_holes({hole(net::Family::kIpv6), hole(net::Family::kIpv4)})));
}

}  // namespace
}  // namespace portwatch::core
