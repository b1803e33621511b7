// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/severity.h"

#include <gtest/gtest.h>

namespace portwatch::core {
namespace {

using model::Exposure;
using model::Profile;
using model::ReasonCode;
using model::Severity;

TEST(Severity, OfAnUnknownProgramDependsOnExposureAndProfile) {
  EXPECT_EQ(severity_of(ReasonCode::kUnknownListener, Exposure::kLoopback, Profile::kLaptop), Severity::kLow);
  EXPECT_EQ(severity_of(ReasonCode::kUnknownListener, Exposure::kLoopback, Profile::kServer),
            Severity::kMedium);
  for (const auto beyond :
       {Exposure::kHostOnly, Exposure::kLink, Exposure::kLan, Exposure::kPublic, Exposure::kAny}) {
    EXPECT_EQ(severity_of(ReasonCode::kUnknownListener, beyond, Profile::kLaptop), Severity::kMedium);
    EXPECT_EQ(severity_of(ReasonCode::kUnknownListener, beyond, Profile::kServer), Severity::kHigh);
  }
}

TEST(Severity, OfWhatPlainlyShouldNotBeThereIsHighEverywhere) {
  for (const auto code : {ReasonCode::kExecutableDeleted, ReasonCode::kTemporaryFolder,
                          ReasonCode::kRejectedReturned, ReasonCode::kUnnamedFile})
    for (const auto profile : {Profile::kLaptop, Profile::kServer})
      EXPECT_EQ(severity_of(code, Exposure::kLoopback, profile), Severity::kHigh);
}

TEST(Severity, OfAComparisonIsNothing) {
  std::vector<model::Reason> reasons = {{ReasonCode::kComparison, "a"}, {ReasonCode::kUnknownListener, "b"}};
  sort_loudest_first(reasons, Exposure::kLoopback, Profile::kLaptop);
  EXPECT_EQ(reasons.front().code, ReasonCode::kUnknownListener);
}

TEST(Severity, OfAConflictIsLowEverywhere) {
  for (const auto profile : {Profile::kLaptop, Profile::kServer})
    EXPECT_EQ(severity_of(ReasonCode::kBindConflict, Exposure::kAny, profile), Severity::kLow);
}

TEST(Severity, PutsTheLoudestReasonFirst) {
  std::vector<model::Reason> reasons = {{ReasonCode::kUnknownListener, "a"},
                                        {ReasonCode::kTemporaryFolder, "b"}};
  sort_loudest_first(reasons, Exposure::kLoopback, Profile::kLaptop);
  EXPECT_EQ(reasons.front().code, ReasonCode::kTemporaryFolder);
}

}  // namespace
}  // namespace portwatch::core
