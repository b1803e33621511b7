// SPDX-License-Identifier: Apache-2.0
// portwatchd inside a pid namespace, as in a container: the kernel's programs would tell pids that are not
// the ones it sees.

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::Contains;
using testing::HasSubstr;

const std::vector<std::string> kInside{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"};

TEST(InAPidNamespace, TheNextSensorIsUsedAndSaysWhatItCannotSee) {
  DaemonHarness daemon({.sensor = "", .around = kInside});
  ASSERT_TRUE(daemon.start());
  const Json sensor = daemon.client()->call("status").at("sensor");
  EXPECT_EQ(sensor.at("name"), "sock_diag");
  EXPECT_EQ(sensor.at("skipped").at(0).at("name"), "bpf");
  EXPECT_THAT(sensor.at("skipped").at(0).at("reason").get<std::string>(), HasSubstr("in a pid namespace"));
  EXPECT_THAT(sensor.at("blind_spots").get<std::vector<std::string>>(),
              Contains(HasSubstr("inside a pid namespace")));
  const ListeningSocket outside({.port = free_named_port()});
  ASSERT_TRUE(daemon.sees(outside.port()));
  EXPECT_EQ(daemon.listeners_on(outside.port()).at(0).at("attribution"), "other-namespace");
  daemon.signal(SIGKILL);  // unshare(1) takes portwatchd along, and passes on no other signal
  EXPECT_TRUE(daemon.wait());
}

TEST(InAPidNamespace, AskedForTheSensorThatIsToldItRefusesToStart) {
  DaemonHarness daemon({.sensor = "bpf", .around = kInside});
  daemon.launch();
  EXPECT_NE(daemon.wait().value_or(0), 0);
  EXPECT_THAT(daemon.log(), HasSubstr("in a pid namespace"));
}

}  // namespace
}  // namespace portwatch::test
