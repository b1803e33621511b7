// SPDX-License-Identifier: Apache-2.0
// Before the first test: a network of our own where we may have one.

#include <gtest/gtest.h>

#include "tests/support/own_network.h"

namespace portwatch::test {
namespace {

class OwnNetwork final : public testing::Environment {
 public:
  void SetUp() override { enter_own_network(); }
};

const auto* const kOwnNetwork = testing::AddGlobalTestEnvironment(new OwnNetwork);

}  // namespace
}  // namespace portwatch::test
