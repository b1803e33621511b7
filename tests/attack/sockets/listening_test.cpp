// SPDX-License-Identifier: Apache-2.0
// Sockets that listen in ways that tables and hooks have told wrongly: again, without bind, refused, by
// another protocol, in another family's clothes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "common/base/assert.h"
#include "tests/attack/sockets/socket_facts.h"
#include "tests/support/listening_socket.h"
#include "tests/support/loopback_address.h"

namespace portwatch::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Not;

constexpr int kMptcp = 262;  // IPPROTO_MPTCP

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  PW_ASSERT(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  return ntohs(address.sin_port);
}

class Listening : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(daemon.start()); }
  DaemonHarness daemon;
};

TEST_F(Listening, AgainAfterShutdownIsAnotherPeriod) {
  const ListeningSocket socket({.port = free_named_port()});
  const std::uint16_t port = socket.port();
  const Json first = only_listener(daemon, port);
  ASSERT_EQ(::shutdown(socket.fd(), SHUT_RDWR), 0);
  ASSERT_TRUE(daemon.sees(port, 0)) << "a port that nobody answers on is not listened on";
  ASSERT_EQ(::listen(socket.fd(), 1), 0);
  ASSERT_EQ(port_of(socket.fd()), port) << "it named its port, so it keeps it";
  const Json again = only_listener(daemon, port);
  EXPECT_NE(again.at("id"), first.at("id"));
  EXPECT_EQ(again.at("socket"), first.at("socket")) << "the system calls it the same";
  EXPECT_EQ(pids_of(again), std::multiset{::getpid()});
  EXPECT_TRUE(
      wait_until([&] { return kinds_on(daemon, port).size() == 3; }));  // it is listed before it is stored
  EXPECT_THAT(kinds_on(daemon, port), ElementsAre("opened", "closed", "opened"));
}

TEST_F(Listening, AgainOnAnotherPortClosesTheFormerOne) {
  const ListeningSocket socket;  // the kernel chose the port, and chooses anew
  const std::uint16_t before = socket.port();
  ASSERT_TRUE(daemon.sees(before));
  ASSERT_EQ(::shutdown(socket.fd(), SHUT_RDWR), 0);
  ASSERT_EQ(::listen(socket.fd(), 1), 0);
  const std::uint16_t after = port_of(socket.fd());
  ASSERT_TRUE(daemon.sees(after));
  if (after != before) {
    EXPECT_TRUE(daemon.sees(before, 0));
    EXPECT_THAT(kinds_on(daemon, before), IsSupersetOf({"opened", "closed"}));
  }
}

TEST_F(Listening, WithoutBindIsSeenOnThePortThatTheKernelChose) {
  const platform::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  const Json listener = only_listener(daemon, port_of(socket.get()));
  EXPECT_EQ(listener.at("address"), "0.0.0.0");
  EXPECT_EQ(listener.at("exposure"), "any");
  EXPECT_TRUE(listener.at("service").at("port").is_null());
  EXPECT_EQ(pids_of(listener), std::multiset{::getpid()});
}

TEST_F(Listening, RefusedIsNoListener) {
  const std::uint16_t port = free_named_port();
  // Both are bound with SO_REUSEADDR before either listens; the second call of listen(2) is refused.
  std::array<platform::Descriptor, 2> sockets;
  for (auto& socket : sockets) {
    socket.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ASSERT_EQ(::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
    const sockaddr_in address = loopback_address(port);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ASSERT_EQ(::listen(sockets[0].get(), 1), 0);
  ASSERT_EQ(::listen(sockets[1].get(), 1), -1);
  ASSERT_EQ(errno, EADDRINUSE);
  ASSERT_TRUE(daemon.sees(port));
  for (int attempt = 0; attempt < 200; ++attempt) ASSERT_EQ(::listen(sockets[1].get(), 1), -1);
  EXPECT_TRUE(daemon.looks_again());
  EXPECT_EQ(daemon.listeners_on(port).size(), 1U);
  EXPECT_THAT(kinds_on(daemon, port), ElementsAre("opened"));
}

TEST_F(Listening, MptcpIsOneTcpListener) {
  platform::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, kMptcp));
  const bool has_mptcp = socket.is_valid();
  if (!has_mptcp) socket.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback_address();
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  const std::uint16_t port = port_of(socket.get());
  const Json listener = only_listener(daemon, port);
  EXPECT_EQ(listener.at("protocol"), "tcp");
  EXPECT_EQ(listener.at("mptcp"), has_mptcp);
  EXPECT_EQ(pids_of(listener), std::multiset{::getpid()});
  socket.reset();
  EXPECT_TRUE(daemon.sees(port, 0));
  EXPECT_THAT(kinds_on(daemon, port), ElementsAre("opened", "closed"));
}

TEST_F(Listening, OnAMappedAddressIsLoopbackAndFoundByTheAddressThatPeopleMean) {
  const ListeningSocket mapped({.address = "::ffff:127.0.0.1"});
  const ListeningSocket mapped_any({.address = "::ffff:0.0.0.0"});
  const Json listener = only_listener(daemon, mapped.port());
  EXPECT_EQ(listener.at("family"), "ipv6");
  EXPECT_EQ(listener.at("address"), "::ffff:127.0.0.1");
  EXPECT_EQ(listener.at("exposure"), "loopback");
  EXPECT_EQ(only_listener(daemon, mapped_any.port()).at("exposure"), "any");
  const Outcome show = daemon.ctl({"show", "127.0.0.1:" + std::to_string(mapped.port())});
  EXPECT_EQ(show.exit_code, 0) << show.out << show.err;
}

TEST_F(Listening, UdpEndsWhenItIsConnectedAndBeginsWhenItIsFreeAgain) {
  const ListeningSocket peer({.is_udp = true});
  const ListeningSocket socket({.is_udp = true, .port = free_named_port()});
  const std::uint16_t port = socket.port();
  const Json first = only_listener(daemon, port);
  for (int round = 0; round < 2; ++round) {
    const sockaddr_in to = loopback_address(peer.port());
    ASSERT_EQ(::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    ASSERT_TRUE(daemon.sees(port, 0)) << "it hears one peer alone: a client";
    sockaddr nobody{};
    nobody.sa_family = AF_UNSPEC;
    ASSERT_EQ(::connect(socket.fd(), &nobody, sizeof nobody), 0);
    ASSERT_TRUE(daemon.sees(port));
  }
  EXPECT_NE(only_listener(daemon, port).at("id"), first.at("id"));
  EXPECT_THAT(kinds_on(daemon, port), ElementsAre("opened", "closed", "opened", "closed", "opened"));
  EXPECT_LE(daemon.alerts_on(port).size(), 1U);
}

}  // namespace
}  // namespace portwatch::test
