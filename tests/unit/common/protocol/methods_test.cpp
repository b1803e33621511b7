// SPDX-License-Identifier: Apache-2.0
#include "common/protocol/methods.h"

#include <gtest/gtest.h>

namespace portwatch::protocol {
namespace {

TEST(Methods, AreFoundByTheirNames) {
  for (const MethodInfo& info : kMethods) EXPECT_EQ(find_method(info.name), info.method) << info.name;
  for (const auto* name : {"", "hell", "hello ", "HELLO", "zzz", "alerts"})
    EXPECT_EQ(find_method(name), std::nullopt);
}

TEST(Methods, ThatChangePolicyAskForMoreThanSeeing) {
  EXPECT_EQ(info_of(Method::kAlertsApprove).access, Access::kDecide);
  EXPECT_EQ(info_of(Method::kAlertsReject).access, Access::kDecide);
  EXPECT_EQ(info_of(Method::kAlertsAck).access, Access::kAcknowledge);
  for (const MethodInfo& info : kMethods) {
    const bool is_change = info.method == Method::kAlertsApprove || info.method == Method::kAlertsReject ||
                           info.method == Method::kAlertsAck;
    EXPECT_EQ(info.access == Access::kSee, !is_change) << info.name;
  }
}

}  // namespace
}  // namespace portwatch::protocol
