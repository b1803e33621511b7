// SPDX-License-Identifier: Apache-2.0
// A configuration that was cut off, and a path that does not fit into a socket's address.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/daemon_harness.h"

namespace portwatch::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

const std::string kWhole = "[scan]\ninterval = \"100ms\"\n[policy]\nlearning = \"0s\"\nlocked = true\n";

TEST(TruncatedConfiguration, StopsTheStartOrIsTakenAsItIsWhereverItWasCut) {
  const DaemonHarness daemon;
  for (std::size_t length = 0; length < kWhole.size(); ++length) {
    if (length % 7 != 0 && kWhole.size() - length > 4) continue;
    daemon.write_configuration(kWhole.substr(0, length));
    const Outcome outcome = daemon.portwatchd({"--check-config", "--config", daemon.configuration_file()});
    EXPECT_THAT(outcome.exit_code, AnyOf(0, 2)) << length;
    if (outcome.exit_code == 2) EXPECT_THAT(outcome.err, HasSubstr("portwatch.toml:")) << length;
  }
  daemon.write_configuration("[scan]\ninterval = \"10");
  const Outcome cut = daemon.portwatchd(
      {"--config", daemon.configuration_file(), "--state-dir", daemon.state(), "--socket", daemon.socket()});
  EXPECT_EQ(cut.exit_code, 2);
  EXPECT_THAT(cut.err, HasSubstr("portwatch.toml:2"));
  EXPECT_FALSE(std::filesystem::exists(daemon.state()));
}

TEST(TruncatedConfiguration, LeavesARunningDaemonAsItIsOrIsSaidAloud) {
  DaemonHarness daemon({.configuration = kWhole});
  ASSERT_TRUE(daemon.start());
  daemon.write_configuration(kWhole.substr(0, kWhole.size() - 3));
  daemon.signal(SIGHUP);
  ASSERT_TRUE(daemon.has_said("the old one stays"));
  EXPECT_THAT(daemon.log(), HasSubstr("portwatch.toml:5"));
  EXPECT_TRUE(daemon.looks_again());
  // Cut between two lines it is a good file. What is lost with it is named.
  daemon.write_configuration("[scan]\ninterval = \"100ms\"\n");
  daemon.signal(SIGHUP);
  ASSERT_TRUE(daemon.has_said("configuration reloaded"));
  EXPECT_THAT(daemon.log(), HasSubstr("policy.locked true -> false"));
}

TEST(LongSocketPath, IsRefusedWithTheLimit) {
  const DaemonHarness daemon;
  const std::filesystem::path socket = daemon.folder() / std::string(120, 's').c_str();
  const Outcome outcome = daemon.portwatchd(
      {"--config", daemon.configuration_file(), "--state-dir", daemon.state(), "--socket", socket});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("107"));
  EXPECT_THAT(outcome.err, HasSubstr("socket"));
  EXPECT_FALSE(std::filesystem::exists(daemon.state())) << "said before anything is done";
  daemon.write_configuration("[server]\nsocket = \"" + socket.native() + "\"\n");
  const Outcome configured = daemon.portwatchd({"--check-config", "--config", daemon.configuration_file()});
  EXPECT_EQ(configured.exit_code, 2);
  EXPECT_THAT(configured.err, HasSubstr("107"));
  const Outcome asked = run_child({daemon.ctl_argv({}).front(), "--socket", socket, "status"});
  EXPECT_NE(asked.exit_code, 0);
  EXPECT_THAT(asked.err, HasSubstr("107"));
}

}  // namespace
}  // namespace portwatch::test
