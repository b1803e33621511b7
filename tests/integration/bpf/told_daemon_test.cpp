// SPDX-License-Identifier: Apache-2.0
// A whole portwatchd that is told what happens by programs in the kernel. It looks rarely here, so what is
// known was told.

#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/base/assert.h"
#include "tests/support/daemon_harness.h"
#include "tests/support/descriptor_channel.h"
#include "tests/support/forked_child.h"
#include "tests/support/listening_socket.h"
#include "tests/support/wait.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

/// The alert is judged when what was told together has been taken in, so the end may come before it.
const auto kGoneAtOnce = testing::AnyOf(ElementsAre("opened", "closed", "alert_raised"),
                                        ElementsAre("opened", "alert_raised", "closed"));

class ToldDaemon : public testing::Test {
 protected:
  void SetUp() override {
    // Looking for a free port is an event too: so it is done before.
    port_ = free_named_port();
    ASSERT_TRUE(daemon_.start());
    ASSERT_EQ(daemon_.client()->call("status").at("sensor").at("name"), "bpf") << daemon_.log();
  }
  /// Kinds of the events on a port, once there are so many.
  std::vector<std::string> kinds(std::uint16_t port, std::size_t count) {
    EXPECT_TRUE(wait_until([&] { return daemon_.events_on(port).size() >= count; }));
    std::vector<std::string> kinds;
    for (const Json& event : daemon_.events_on(port)) kinds.push_back(event.at("kind"));
    return kinds;
  }

  std::uint16_t port_ = 0;
  DaemonHarness daemon_{
      {.configuration = "[scan]\nreconcile_interval = \"1h\"\n[policy]\nlearning = \"0s\"\n",
       .sensor = "bpf"}};
};

TEST_F(ToldDaemon, RecordsAListenerThatIsGoneAtOnce) {
  std::uint16_t port = 0;
  {
    const ListeningSocket socket;
    port = socket.port();
  }
  EXPECT_THAT(kinds(port, 3), kGoneAtOnce);
  const Json events = daemon_.events_on(port);
  EXPECT_EQ(events[0].at("precision"), "exact");
  const Json& closed = events[1].at("kind") == "closed" ? events[1] : events[2];
  EXPECT_EQ(closed.at("precision"), "exact");
  const Json& owner = closed.at("listener").at("owners").at(0);
  EXPECT_EQ(owner.at("pid"), ::getpid());
  EXPECT_THAT(owner.at("exe").get<std::string>(), HasSubstr("bpf_daemon_test"));
  EXPECT_EQ(closed.at("listener").at("attribution"), "exact");
}

TEST_F(ToldDaemon, RecordsUdpFromItsBindToItsRelease) {
  std::uint16_t port = 0;
  {
    const ListeningSocket socket({.is_udp = true});
    port = socket.port();
  }
  EXPECT_THAT(kinds(port, 3), kGoneAtOnce);
}

TEST_F(ToldDaemon, RecordsOneThatDiedWithItsProcess) {
  const std::uint16_t port = port_;
  {
    ForkedChild child([port] {
      const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) ::listen(fd, 1);
    });
    ASSERT_TRUE(daemon_.sees(port));
    child.stop();
  }
  EXPECT_THAT(kinds(port, 3), ElementsAre("opened", "alert_raised", "closed"));
}

TEST_F(ToldDaemon, TellsEachListeningPeriodOfOneSocket) {
  const ListeningSocket socket({.port = port_});
  ASSERT_TRUE(daemon_.sees(socket.port()));
  ASSERT_EQ(::listen(socket.fd(), 7), 0) << "another backlog is no new listener";
  ASSERT_EQ(::shutdown(socket.fd(), SHUT_RDWR), 0);
  ASSERT_EQ(::listen(socket.fd(), 1), 0);
  EXPECT_THAT(kinds(socket.port(), 5),
              ElementsAre("opened", "alert_raised", "closed", "opened", "alert_raised"));
}

TEST_F(ToldDaemon, LooksSoonWhenAHolderForks) {
  const ListeningSocket socket;
  ASSERT_TRUE(daemon_.sees(socket.port()));
  ForkedChild child;
  EXPECT_TRUE(wait_until([&] { return daemon_.listeners_on(socket.port()).at(0).at("owners").size() == 2; }));
  child.stop();
  EXPECT_TRUE(wait_until([&] { return daemon_.listeners_on(socket.port()).at(0).at("owners").size() == 1; }));
}

TEST(ToldDaemonThatLooks, TellsNothingTwice) {
  DaemonHarness daemon(
      {.configuration = "[scan]\nreconcile_interval = \"100ms\"\n[policy]\nlearning = \"0s\"\n",
       .sensor = "bpf"});
  const std::uint16_t port = free_named_port();
  const ListeningSocket early;
  ASSERT_TRUE(daemon.start());
  const ListeningSocket socket({.port = port});
  ASSERT_TRUE(daemon.sees(socket.port()));
  ASSERT_TRUE(daemon.looks_again(5));
  EXPECT_EQ(daemon.listeners_on(early.port()).size(), 1U);
  std::vector<std::string> kinds;
  for (const Json& event : daemon.events_on(socket.port())) kinds.push_back(event.at("kind"));
  EXPECT_THAT(kinds, ElementsAre("opened", "alert_raised"));
}

TEST_F(ToldDaemon, SeesIntoOtherNetworks) {
  const std::uint16_t port = port_;
  const ListeningSocket here({.port = port});
  ForkedChild child([port] {
    if (::unshare(CLONE_NEWNET) != 0) return;
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) ::listen(fd, 1);
  });
  ASSERT_TRUE(daemon_.sees(port, 2)) << "the same port in two networks is two listeners";
  const Json listeners = daemon_.listeners_on(port);
  const Json& there = listeners[0].at("network").is_null() ? listeners[1] : listeners[0];
  EXPECT_THAT(there.at("network").get<std::string>(), testing::StartsWith("net:["));
  EXPECT_EQ(there.at("exposure"), "loopback") << "nothing leads out of it";
  EXPECT_EQ(there.at("owners").at(0).at("pid"), child.pid());
}

TEST(ToldDaemonThatLooks, SeesSocketsOfOtherNetworksThatNobodyHolds) {
  const std::uint16_t port = free_named_port();
  DaemonHarness daemon({.configuration = "[scan]\nreconcile_interval = \"1s\"\n[policy]\nlearning = \"0s\"\n",
                        .sensor = "bpf"});
  ASSERT_TRUE(daemon.start());
  constexpr std::uint16_t kVxlanPort = 4789;
  const DescriptorChannel channel;
  const ForkedChild child([&] {
    PW_ASSERT(::unshare(CLONE_NEWNET) == 0);
    PW_ASSERT(std::system("ip link set lo up && ip link add v type vxlan id 1 dstport 4789 dev lo && "
                          "ip link set v up") == 0);
    const ListeningSocket stays({.port = free_named_port()});
    PW_ASSERT(::dup(stays.fd()) >= 0);
    const ListeningSocket passed_on({.port = port});
    channel.send(passed_on.fd());
  });
  ASSERT_TRUE(daemon.sees(port));
  ASSERT_TRUE(daemon.sees(kVxlanPort));
  ASSERT_TRUE(daemon.looks_again(5)) << "ip(8), who made the device, has to be missed";
  const auto is_the_kernels = [&] {
    return daemon.listeners_on(kVxlanPort).at(0).at("attribution") == "kernel";
  };
  EXPECT_TRUE(wait_until(is_the_kernels)) << daemon.listeners_on(kVxlanPort);
  const Json kernels = daemon.listeners_on(kVxlanPort).at(0);
  EXPECT_EQ(kernels.at("protocol"), "udp");
  EXPECT_THAT(kernels.at("network").get<std::string>(), testing::StartsWith("net:["));
  EXPECT_EQ(daemon.listeners_on(port).size(), 1U) << "it is on its way to us";
  for (const Json& event : daemon.events_on(port)) EXPECT_NE(event.at("kind"), "closed");
  ASSERT_TRUE(channel.receive());
  EXPECT_TRUE(daemon.sees(port, 0)) << "received and closed";
}

TEST_F(ToldDaemon, GivesUpTheRightsThatLoadingTook) {
  std::ifstream status("/proc/" + std::to_string(daemon_.pid()) + "/status");
  const std::string text(std::istreambuf_iterator<char>(status), {});
  const auto at = text.find("CapPrm:\t");
  ASSERT_NE(at, std::string::npos);
  const std::uint64_t permitted = std::stoull(text.substr(at + 8, 16), nullptr, 16);
  constexpr std::uint64_t kLoading =
      1ULL << 12 | 1ULL << 38 | 1ULL << 39;  // CAP_NET_ADMIN, CAP_PERFMON, CAP_BPF
  EXPECT_EQ(permitted & kLoading, 0U);
}

TEST(ToldDaemonWithoutRights, SaysWhyItOnlyLooks) {
  DaemonHarness daemon({.sensor = "", .uid = 65534});
  ASSERT_TRUE(daemon.start());
  const Json sensor = daemon.client()->call("status").at("sensor");
  EXPECT_EQ(sensor.at("name"), "sock_diag");
  EXPECT_EQ(sensor.at("skipped").at(0).at("name"), "bpf");
  EXPECT_THAT(sensor.at("skipped").at(0).at("reason").get<std::string>(), HasSubstr("CAP_BPF"));
}

}  // namespace
}  // namespace portwatch::test
