// SPDX-License-Identifier: Apache-2.0
// Listeners and holders behind namespaces, as containers have them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "common/base/assert.h"
#include "tests/attack/sockets/socket_facts.h"
#include "tests/support/forked_child.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using testing::HasSubstr;

/// With a user namespace around it where that is what it takes.
bool enter_namespaces(int kinds) {
  return ::unshare(kinds) == 0 || ::unshare(CLONE_NEWUSER | kinds) == 0;
}

TEST(Namespaces, AListenerInAnotherNetworkIsNotOursAndStatusSaysSo) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  const std::uint16_t port = free_named_port();
  const ForkedChild elsewhere([port] {
    PW_ASSERT(enter_namespaces(CLONE_NEWNET));
    const ListeningSocket inside({.address = "0.0.0.0", .port = port});
    PW_ASSERT(::dup(inside.fd()) >= 0);
  });
  EXPECT_TRUE(daemon.looks_again());
  EXPECT_TRUE(daemon.listeners_on(port).empty());
  EXPECT_TRUE(daemon.events_on(port).empty());
  const Outcome status = daemon.ctl({"status"});
  EXPECT_THAT(status.out, HasSubstr("only the network namespace that the daemon lives in is watched"));
  // Our own on the same port is ours.
  const ListeningSocket ours({.port = port});
  EXPECT_EQ(pids_of(only_listener(daemon, port)), std::multiset{::getpid()});
}

TEST(Namespaces, ASocketOfOursThatIsHeldInAnotherNetworkIsOurs) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  auto socket = std::make_unique<ListeningSocket>(SocketWishes{.port = free_named_port()});
  const std::uint16_t port = socket->port();
  const ForkedChild elsewhere([] { PW_ASSERT(enter_namespaces(CLONE_NEWNET)); });
  socket.reset();
  EXPECT_EQ(pids_of(listener_of(daemon, port, {elsewhere.pid()})), std::multiset{elsewhere.pid()});
}

/// A process in a pid namespace of its own, where it is 1, that holds all that we hold.
class InmateProcess {
 public:
  InmateProcess() {
    int ends[2];
    PW_ASSERT(::pipe(ends) == 0);
    const platform::Descriptor from(ends[0]);
    platform::Descriptor to(ends[1]);
    keeper_ = ::fork();
    if (keeper_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      PW_ASSERT(enter_namespaces(CLONE_NEWPID));
      const pid_t inmate = ::fork();
      if (inmate == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        PW_ASSERT(::getpid() == 1);
        for (;;) ::pause();
      }
      PW_ASSERT(::write(to.get(), &inmate, sizeof inmate) == sizeof inmate);
      ::close_range(3, ~0U, 0);
      for (;;) ::pause();
    }
    PW_ASSERT(::read(from.get(), &inmate_, sizeof inmate_) == sizeof inmate_);
  }
  ~InmateProcess() {
    ::kill(inmate_, SIGKILL);
    ::kill(keeper_, SIGKILL);
    ::waitpid(keeper_, nullptr, 0);
  }
  InmateProcess(const InmateProcess&) = delete;
  InmateProcess& operator=(const InmateProcess&) = delete;

  /// As we call it.
  [[nodiscard]] int pid() const { return inmate_; }

 private:
  pid_t keeper_ = -1;
  pid_t inmate_ = -1;
};

TEST(Namespaces, AHolderInAnotherPidNamespaceHasThePidThatWeKnowItBy) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  auto socket = std::make_unique<ListeningSocket>(SocketWishes{.port = free_named_port()});
  const std::uint16_t port = socket->port();
  const InmateProcess inmate;
  socket.reset();
  const Json listener = listener_of(daemon, port, {inmate.pid()});
  EXPECT_EQ(pids_of(listener), std::multiset{inmate.pid()});
  EXPECT_EQ(listener.at("attribution"), "exact");
  EXPECT_FALSE(listener.at("owners").at(0).at("exe").is_null());
}

TEST(Namespaces, FromInsideAPidNamespaceTheHoldersOutsideAreNotCalledTheKernel) {
  // portwatchd as pid 1 of a namespace with its own /proc, beside a network that it shares with us.
  std::vector<std::string> around{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"};
  if (::geteuid() != 0) around.emplace_back("--map-root-user");
  DaemonHarness daemon({.around = around});
  ASSERT_TRUE(daemon.start());
  const ListeningSocket socket({.port = free_named_port()});
  const Json listener = only_listener(daemon, socket.port());
  EXPECT_TRUE(listener.at("owners").empty());
  EXPECT_EQ(listener.at("attribution"), "other-namespace");
  const Outcome list = daemon.ctl({"list", "--port", std::to_string(socket.port())});
  EXPECT_THAT(list.out, HasSubstr("(other namespace)"));
  const Outcome status = daemon.ctl({"status"});
  EXPECT_THAT(status.out, HasSubstr("runs inside a pid namespace"));
  daemon.signal(SIGKILL);  // unshare(1) takes portwatchd along, and no other signal to it
  EXPECT_TRUE(daemon.wait());
}

}  // namespace
}  // namespace portwatch::test
