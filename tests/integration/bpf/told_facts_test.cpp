// SPDX-License-Identifier: Apache-2.0
// What a whole portwatchd has stored of sockets that live an unusual life, told by programs in the kernel and
// looked at all the time: nothing is told twice, and a look takes nothing back.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/integration/bpf/io_uring.h"
#include "tests/integration/bpf/python_program.h"
#include "tests/support/daemon_harness.h"
#include "tests/support/descriptor_channel.h"
#include "tests/support/listening_socket.h"
#include "tests/support/loopback_address.h"
#include "tests/support/wait.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;

class ToldFacts : public testing::Test {
 protected:
  void SetUp() override {
    port_ = free_named_port();
    ASSERT_TRUE(daemon_.start());
    ASSERT_EQ(daemon_.client()->call("status").at("sensor").at("name"), "bpf") << daemon_.log();
  }
  /// What is stored of a port, without alerts, after some looks.
  [[nodiscard]] std::vector<Json> stored(std::uint16_t port) {
    EXPECT_TRUE(daemon_.looks_again(6));
    std::vector<Json> events;
    for (const Json& event : daemon_.ctl_json({"history", std::to_string(port)}).at("events"))
      if (!event.at("kind").get<std::string>().starts_with("alert")) events.push_back(event);
    return events;
  }
  [[nodiscard]] std::vector<std::string> kinds(std::uint16_t port) {
    std::vector<std::string> kinds;
    for (const Json& event : stored(port)) kinds.push_back(event.at("kind"));
    return kinds;
  }

  DaemonHarness daemon_{
      {.configuration = "[scan]\nreconcile_interval = \"100ms\"\n[policy]\nlearning = \"0s\"\n",
       .sensor = "bpf"}};
  std::uint16_t port_ = 0;
};

TEST_F(ToldFacts, IoUringKeepsAListenerForItsOpenerWithoutADescriptor) {
  IoUring uring;
  ASSERT_EQ(uring.direct_socket(AF_INET), 0);
  const sockaddr_in address = loopback_address(port_);
  ASSERT_EQ(uring.direct_bind(&address, sizeof address), 0);
  ASSERT_EQ(uring.direct_listen(5), 0);
  ASSERT_TRUE(daemon_.sees(port_));
  EXPECT_TRUE(wait_until([&] { return daemon_.listeners_on(port_).at(0).at("attribution") == "kernel"; }));
  EXPECT_THAT(kinds(port_), ElementsAre("opened"));
  const Json listener = daemon_.listeners_on(port_).at(0);
  ASSERT_EQ(listener.at("owners").size(), 1U);
  EXPECT_EQ(listener.at("owners").at(0).at("pid"), ::getpid());
  EXPECT_THAT(daemon_.ctl({"show", std::to_string(port_)}).out, testing::HasSubstr("io_uring"));
  ASSERT_EQ(uring.direct_close(), 0);
  const auto events = stored(port_);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].at("listener").at("ending").at("cause"), "closed");
}

TEST_F(ToldFacts, OneOnItsWayBelongsToWhoSentItUntilItArrives) {
  const DescriptorChannel channel;
  {
    const ListeningSocket socket({.port = port_});
    channel.send(socket.fd());
  }
  ASSERT_TRUE(daemon_.sees(port_));
  EXPECT_TRUE(wait_until([&] { return daemon_.listeners_on(port_).at(0).at("attribution") == "kernel"; }));
  EXPECT_EQ(daemon_.listeners_on(port_).at(0).at("owners").at(0).at("pid"), ::getpid());
  const auto arrived = channel.receive();
  ASSERT_TRUE(arrived);
  EXPECT_TRUE(wait_until([&] { return daemon_.listeners_on(port_).at(0).at("attribution") == "exact"; }));
  EXPECT_THAT(kinds(port_), ElementsAre("opened"));
}

TEST_F(ToldFacts, UdpThatBecomesAClientListensNoMoreUntilItIsNone) {
  const ListeningSocket socket({.is_udp = true, .port = port_});
  ASSERT_TRUE(daemon_.sees(port_));
  const ListeningSocket peer({.is_udp = true});
  const sockaddr_in other = loopback_address(peer.port());
  ASSERT_EQ(::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&other), sizeof other), 0);
  ASSERT_TRUE(daemon_.sees(port_, 0));
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  ASSERT_EQ(::connect(socket.fd(), &nobody, sizeof nobody), 0);
  ASSERT_TRUE(daemon_.sees(port_));
  EXPECT_THAT(kinds(port_), ElementsAre("opened", "closed", "opened"));
}

TEST_F(ToldFacts, AnotherBacklogIsNoNewListener) {
  const ListeningSocket socket({.port = port_});
  ASSERT_TRUE(daemon_.sees(port_));
  ASSERT_EQ(::listen(socket.fd(), 7), 0);
  EXPECT_THAT(kinds(port_), ElementsAre("opened"));
}

TEST_F(ToldFacts, ShutdownEndsAPeriodAndListenBeginsAnother) {
  const ListeningSocket socket({.port = port_});
  ASSERT_TRUE(daemon_.sees(port_));
  ASSERT_EQ(::shutdown(socket.fd(), SHUT_RDWR), 0);
  ASSERT_EQ(::listen(socket.fd(), 1), 0);
  const auto events = stored(port_);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[1].at("kind"), "closed");
  EXPECT_EQ(events[1].at("listener").at("ending").at("cause"), "closed");
  EXPECT_EQ(events[2].at("kind"), "opened");
  EXPECT_EQ(events[2].at("listener").at("owners").at(0).at("pid"), ::getpid());
}

TEST_F(ToldFacts, Ipv4InIpv6IsStoredAsItWasBound) {
  const ListeningSocket socket({.address = "::ffff:127.0.0.1", .port = port_});
  ASSERT_TRUE(daemon_.sees(port_));
  const auto events = stored(port_);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].at("listener").at("address"), "::ffff:127.0.0.1");
  EXPECT_EQ(events[0].at("listener").at("exposure"), "loopback");
}

TEST_F(ToldFacts, ADeviceIsPartOfWhereItListens) {
  const ListeningSocket socket({.address = "0.0.0.0", .port = port_, .listens = false});
  ASSERT_EQ(::setsockopt(socket.fd(), SOL_SOCKET, SO_BINDTODEVICE, "lo", 2), 0);
  ASSERT_EQ(::listen(socket.fd(), 1), 0);
  ASSERT_TRUE(daemon_.sees(port_));
  ASSERT_EQ(::setsockopt(socket.fd(), SOL_SOCKET, SO_BINDTODEVICE, "", 0), 0);
  ASSERT_TRUE(wait_until([&] {
    const Json now = daemon_.listeners_on(port_);
    return now.size() == 1 && now.at(0).at("device").is_null();
  }));
  const auto events = stored(port_);
  ASSERT_EQ(events.size(), 3U) << "another device is another period";
  EXPECT_EQ(events[0].at("listener").at("device"), "lo");
  EXPECT_EQ(events[0].at("listener").at("exposure"), "loopback");
  EXPECT_EQ(events[1].at("kind"), "closed");
  EXPECT_EQ(events[2].at("listener").at("exposure"), "any");
}

TEST_F(ToldFacts, TheChildOfAnOpenerThatEndsHoldsIt) {
  PythonProgram program;
  program.run("s = socket.socket(); s.bind(('127.0.0.1', " + std::to_string(port_) +
              ")); s.listen(); child = os.fork() or time.sleep(60)");
  const int child = std::stoi(program.ask("child"));
  program.begin("os._exit(0)");
  ASSERT_TRUE(program.child().wait());
  EXPECT_TRUE(wait_until([&] {
    const Json owners = daemon_.listeners_on(port_).at(0).at("owners");
    return owners.size() == 1 && owners.at(0).at("pid") == child;
  }));
  const auto events = stored(port_);
  EXPECT_EQ(events.front().at("kind"), "opened");
  EXPECT_EQ(events.back().at("kind"), "owner_changed");
  EXPECT_EQ(events.back().at("listener").at("owners").at(0).at("pid"), child);
  EXPECT_EQ(events.back().at("listener").at("program"), events.front().at("listener").at("program"));
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_TRUE(daemon_.sees(port_, 0));
}

TEST_F(ToldFacts, AnExecThatKeepsItIsAnotherProgram) {
  PythonProgram program;
  program.run("s = socket.socket(); s.bind(('127.0.0.1', " + std::to_string(port_) +
              ")); s.listen(); s.set_inheritable(True)");
  ASSERT_TRUE(daemon_.sees(port_));
  program.begin("os.execvp('sleep', ['sleep', '60'])");
  EXPECT_TRUE(wait_until([&] { return daemon_.listeners_on(port_).at(0).at("program") == "sleep"; }));
  EXPECT_THAT(kinds(port_), ElementsAre("opened", "owner_changed"));
  const Json change = stored(port_).back().at("detail");
  EXPECT_EQ(change.at("added").at(0).at("pid"), program.child().pid());
  EXPECT_EQ(change.at("removed").at(0).at("pid"), program.child().pid());
}

}  // namespace
}  // namespace portwatch::test
