// SPDX-License-Identifier: Apache-2.0
// Before the first test: a network of our own where we may have one, and a place that portwatchd trusts.

#include <gtest/gtest.h>

#include "tests/support/own_network.h"
#include "tests/support/trusted_place.h"

namespace portwatch::test {
namespace {

class OwnNetwork final : public testing::Environment {
 public:
  void SetUp() override {
    leave_temporary_folder();
    enter_own_network();
  }
};

const auto* const kOwnNetwork = testing::AddGlobalTestEnvironment(new OwnNetwork);

}  // namespace
}  // namespace portwatch::test
