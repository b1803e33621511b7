// SPDX-License-Identifier: Apache-2.0
// Holders that portwatchd may not look into, because it runs as an ordinary user.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/attack/sockets/socket_facts.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr unsigned kNobody = 65534;

/// As root the daemon gives up its rights; somebody else has none to give up.
DaemonHarness::Options as_ordinary_user() {
  return {.uid = ::geteuid() == 0 ? std::optional(kNobody) : std::nullopt};
}

TEST(Unreadable, HolderIsDeniedWithItsUserAndNeverTheKernel) {
  DaemonHarness daemon(as_ordinary_user());
  ASSERT_TRUE(daemon.start());
  const ListeningSocket socket({.port = free_named_port()});
  const std::uint16_t port = socket.port();
  const Json listener = only_listener(daemon, port);
  if (::geteuid() == 0) {
    EXPECT_EQ(listener.at("attribution"), "denied");
    EXPECT_TRUE(listener.at("owners").empty());
    EXPECT_EQ(listener.at("service").at("user"), "root");
    EXPECT_EQ(listener.at("program_kind"), "unattributed");
    const Outcome list = daemon.ctl({"list", "--port", std::to_string(port)});
    EXPECT_THAT(list.out, HasSubstr("(not visible)"));
    EXPECT_THAT(list.out, HasSubstr("root"));
    const Outcome show = daemon.ctl({"show", std::to_string(port)});
    EXPECT_THAT(show.out, HasSubstr("a process that portwatchd may not look into"));
    EXPECT_THAT(show.out, Not(HasSubstr("kernel")));
  } else {
    EXPECT_EQ(listener.at("attribution"), "exact");
  }
  const Outcome status = daemon.ctl({"status"});
  EXPECT_THAT(status.out, HasSubstr("cannot be looked into"));
}

TEST(Unreadable, HoldersThatComeAndGoAreOneDecisionAndNoStorm) {
  DaemonHarness daemon(as_ordinary_user());
  ASSERT_TRUE(daemon.start());
  // Thirty services on ports that the kernel chose, twice.
  for (int round = 0; round < 2; ++round) {
    std::vector<ListeningSocket> sockets;
    for (int i = 0; i < 30; ++i) sockets.emplace_back();
    for (const auto& socket : sockets) ASSERT_TRUE(daemon.sees(socket.port()));
    std::uint16_t last = sockets.back().port();
    sockets.clear();
    ASSERT_TRUE(daemon.sees(last, 0));
  }
  EXPECT_TRUE(daemon.looks_again());
  const Json alerts = daemon.client()->call("alerts.list").at("alerts");
  EXPECT_LE(alerts.size(), 1U);
  for (const Json& alert : alerts)
    for (const Json& reason : alert.at("reasons"))
      EXPECT_THAT(reason.at("text").get<std::string>(), Not(HasSubstr("no process holds")));
}

TEST(Unreadable, NamesTheUserOfASocketWhoseHolderItMayNotLookInto) {
  // The user is in the system's list, so people are told the name and not a number.
  if (::geteuid() != 0) {
    EXPECT_NE(::geteuid(), 0U) << "an ordinary user cannot make another user's socket";
    return;
  }
  constexpr uid_t kDaemon = 1;  // in the user database of every Unix, by the name of "daemon"
  DaemonHarness daemon(as_ordinary_user());
  ASSERT_TRUE(daemon.start());
  const std::uint16_t port = free_named_port();
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresuid(kDaemon, kDaemon, kDaemon) != 0) std::_Exit(1);
    const ListeningSocket socket({.port = port});
    for (;;) ::pause();
  }
  const Json listener = only_listener(daemon, port);
  EXPECT_EQ(listener.at("attribution"), "denied");
  EXPECT_EQ(listener.at("socket_uid"), kDaemon);
  EXPECT_EQ(listener.at("service").at("user"), "daemon");
  EXPECT_THAT(daemon.ctl({"list", "--port", std::to_string(port)}).out, HasSubstr("daemon"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace portwatch::test
