// SPDX-License-Identifier: Apache-2.0
// How processes ended, by the numbers of wait(2).
#include "daemon/sensor/linux/wait_status.h"

#include <gtest/gtest.h>

#include <csignal>

namespace portwatch::sensor {
namespace {

TEST(SignalName, IsThatOfTheSystem) {
  EXPECT_EQ(signal_name(SIGHUP), "SIGHUP");
  EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
  EXPECT_EQ(signal_name(SIGTERM), "SIGTERM");
  EXPECT_EQ(signal_name(SIGSTKFLT), "SIGSTKFLT");
  EXPECT_EQ(signal_name(SIGSYS), "SIGSYS");
  EXPECT_EQ(signal_name(SIGRTMIN), "SIGRTMIN");
  EXPECT_EQ(signal_name(SIGRTMIN + 2), "SIGRTMIN+2");
  EXPECT_EQ(signal_name(0), "signal 0");
  EXPECT_EQ(signal_name(32), "signal 32") << "one that the C library keeps for itself";
}

TEST(WaitStatus, SaysHowAProcessEnded) {
  using model::EndCause;
  using model::Ending;
  constexpr base::Pid kPid{7};
  EXPECT_EQ(ending_of(0, kPid), (Ending{.cause = EndCause::kExited, .pid = kPid}));
  EXPECT_EQ(ending_of(255 << 8, kPid), (Ending{.cause = EndCause::kExited, .pid = kPid, .exit_status = 255}));
  EXPECT_EQ(ending_of(SIGTERM, kPid), (Ending{.cause = EndCause::kKilled, .pid = kPid, .signal = "SIGTERM"}));
  EXPECT_EQ(ending_of(SIGABRT | 0x80, kPid),
            (Ending{.cause = EndCause::kKilled, .pid = kPid, .signal = "SIGABRT", .has_core = true}));
  EXPECT_EQ(ending_of(0x7f, kPid), (Ending{.cause = EndCause::kEnded, .pid = kPid})) << "stopped is no end";
}

}  // namespace
}  // namespace portwatch::sensor
