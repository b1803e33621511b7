// SPDX-License-Identifier: Apache-2.0
// A portwatchd that is not root, with exactly the capabilities that SECURITY.md lists, and with each of them
// missing: what it can do then, and what it says that it cannot.

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/child_process.h"
#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"
#include "tests/support/wait.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

constexpr unsigned kNobody = 65534;
const std::vector<std::string> kAll{"sys_ptrace", "dac_read_search", "bpf", "perfmon", "net_admin"};

std::vector<std::string> all_but(const std::string& one) {
  std::vector<std::string> others = kAll;
  std::erase(others, one);
  return others;
}

DaemonHarness::Options with(std::vector<std::string> capabilities) {
  return {.configuration =
              "[scan]\ninterval = \"100ms\"\n[policy]\nlearning = \"0s\"\n"
              "[server]\naudience = \"everybody\"\n",
          .sensor = "",
          .uid = kNobody,
          .capabilities = std::move(capabilities)};
}

/// As capabilities(7) has it in /proc/PID/status: "CapEff", "CapPrm".
std::uint64_t capabilities_of(int pid, const std::string& set) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(set + ":\t")) return std::stoull(line.substr(set.size() + 2), nullptr, 16);
  ADD_FAILURE() << "no " << set;
  return 0;
}

Json sensor_of(const DaemonHarness& daemon) {
  return daemon.client()->call("status").at("sensor");
}

/// The holder's program is another user's: root's, and is not ours to look into.
Json owner_on(const DaemonHarness& daemon, std::uint16_t port) {
  Json owner;
  EXPECT_TRUE(wait_until([&] {
    const Json listeners = daemon.listeners_on(port);
    if (listeners.empty() || listeners[0].at("owners").empty()) return false;
    owner = listeners[0].at("owners")[0];
    return true;
  }));
  return owner;
}

TEST(LeastPrivilege, TheListedCapabilitiesAreEnoughForEverything) {
  const ListeningSocket early;
  DaemonHarness daemon(with(kAll));
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(sensor_of(daemon).at("name"), "bpf");
  const ListeningSocket late;
  for (const std::uint16_t port : {early.port(), late.port()}) {
    const Json owner = owner_on(daemon, port);
    EXPECT_EQ(owner.value("pid", 0), ::getpid());
    EXPECT_THAT(owner.value("exe", ""), HasSubstr("bpf_daemon_test"));
  }
  // What only loading took is given up.
  constexpr std::uint64_t kLookingIntoOthers = 1ULL << 2 | 1ULL << 19;  // CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE
  EXPECT_EQ(capabilities_of(daemon.pid(), "CapEff"), kLookingIntoOthers);
  EXPECT_EQ(capabilities_of(daemon.pid(), "CapPrm"), kLookingIntoOthers);
}

class LeastPrivilegeForTheKernel : public testing::TestWithParam<const char*> {};

TEST_P(LeastPrivilegeForTheKernel, WithoutOneItLooksAndSaysWhy) {
  DaemonHarness daemon(with(all_but(GetParam())));
  ASSERT_TRUE(daemon.start());
  const Json sensor = sensor_of(daemon);
  EXPECT_EQ(sensor.at("name"), "sock_diag");
  std::string capability = std::string("CAP_") + GetParam();
  std::ranges::transform(capability, capability.begin(), [](unsigned char c) { return std::toupper(c); });
  EXPECT_THAT(sensor.at("skipped").at(0).at("reason").get<std::string>(), HasSubstr(capability));
  const ListeningSocket socket;
  EXPECT_THAT(owner_on(daemon, socket.port()).value("exe", ""), HasSubstr("bpf_daemon_test"));
}

INSTANTIATE_TEST_SUITE_P(Each, LeastPrivilegeForTheKernel, testing::Values("bpf", "perfmon", "net_admin"),
                         [](const auto& info) { return std::string(info.param); });

TEST(LeastPrivilege, WithoutSysPtraceItSaysWhomItKnowsByNameAlone) {
  const ListeningSocket early;
  DaemonHarness daemon(with(all_but("sys_ptrace")));
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(sensor_of(daemon).at("name"), "bpf");
  EXPECT_EQ(owner_on(daemon, early.port()).at("attribution"), "denied");
  EXPECT_THAT(sensor_of(daemon).at("blind_spots").dump(), HasSubstr("CAP_SYS_PTRACE"));
  // Who opens one from now on is told by the kernel.
  const ListeningSocket late;
  const Json exe = owner_on(daemon, late.port()).at("exe");
  EXPECT_THAT(exe.dump(), HasSubstr("bpf_daemon_test"));
}

TEST(LeastPrivilege, WithoutDacReadSearchTheSensorThatLooksSaysThatItFindsNoOwners) {
  DaemonHarness::Options options = with({"sys_ptrace"});
  options.sensor = "sock_diag";
  const ListeningSocket early;
  DaemonHarness daemon(std::move(options));
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(daemon.sees(early.port()));
  EXPECT_EQ(daemon.listeners_on(early.port())[0].at("attribution"), "denied");
  EXPECT_THAT(sensor_of(daemon).at("blind_spots").dump(), HasSubstr("without an owner"));
}

}  // namespace
}  // namespace portwatch::test
