// SPDX-License-Identifier: Apache-2.0
// What the kernel tells, recorded and replayed: the same history, byte for byte.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/recorded_run.h"

namespace portwatch::test {
namespace {

TEST(RecordedEvents, GiveTheHistoryThatWasRecorded) {
  RecordedRun run("bpf");
  ASSERT_TRUE(run.record());
  const nlohmann::json history = run.recorded_history();
  ASSERT_GT(history.size(), 6U);
  EXPECT_EQ(history.at(0).at("detail").at("sensor"), "bpf");
  EXPECT_EQ(run.replayed_history().dump(1), history.dump(1));
}

}  // namespace
}  // namespace portwatch::test
