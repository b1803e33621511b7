// SPDX-License-Identifier: Apache-2.0
// The number of a process that ended is given to another one between two looks.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tests/attack/sockets/socket_facts.h"
#include "tests/support/chosen_pid.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::Not;

/// `program` waits for ever, under the pid `wanted` where that can be had (0: any).
pid_t start(const fs::path& program, pid_t wanted) {
  const pid_t child = wanted == 0 ? ::fork() : fork_with_pid(wanted);
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::execl(program.c_str(), program.c_str(), "1000", nullptr);
  std::_Exit(127);
}

void end(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

class ReusedPid : public testing::Test {
 protected:
  void SetUp() override {
    fs::copy_file("/bin/sleep", folder / "first-program");
    fs::copy_file("/bin/sleep", folder / "second-program");
    ASSERT_TRUE(daemon.start());
  }
  [[nodiscard]] std::string path(const char* name) const { return (folder / name).native(); }

  TempDir folder;
  DaemonHarness daemon;
};

TEST_F(ReusedPid, OfTheSameSocketIsAChangeOfOwner) {
  const std::uint16_t port = free_named_port();
  ListeningSocket socket({.port = port, .is_inherited = true});
  const pid_t first = start(folder / "first-program", 0);
  socket.keep_from_children();
  ASSERT_FALSE(listener_of(daemon, port, {::getpid(), first}).is_null());

  ASSERT_EQ(::fcntl(socket.fd(), F_SETFD, 0), 0);
  end(first);
  const pid_t second = start(folder / "second-program", first);
  if (::geteuid() == 0) ASSERT_EQ(second, first) << "root may choose";
  socket.close();
  const Json listener = listener_of(daemon, port, {second});
  ASSERT_EQ(pids_of(listener), std::multiset{second});
  EXPECT_EQ(listener.at("owners").at(0).at("exe"), path("second-program"));
  EXPECT_TRUE(daemon.looks_again());
  EXPECT_THAT(kinds_on(daemon, port), Contains("owner_changed"));
  EXPECT_THAT(kinds_on(daemon, port), Not(Contains("closed")));
  EXPECT_EQ(only_listener(daemon, port).at("program"), "second-program");
  end(second);
}

TEST_F(ReusedPid, OfASocketThatFollowsAtOnceIsNeverTheOldProgram) {
  const std::uint16_t port = free_named_port();
  auto socket = std::make_unique<ListeningSocket>(SocketWishes{.port = port, .is_inherited = true});
  const pid_t first = start(folder / "first-program", 0);
  socket.reset();
  const std::string id = listener_of(daemon, port, {first}).at("id");

  end(first);
  socket = std::make_unique<ListeningSocket>(SocketWishes{.port = port, .is_inherited = true});
  const pid_t second = start(folder / "second-program", first);
  socket.reset();
  const Json listener = listener_when(daemon, port, [&](const Json& found) { return found.at("id") != id; });
  EXPECT_EQ(pids_of(listener), std::multiset{second});
  EXPECT_EQ(listener.at("owners").at(0).at("exe"), path("second-program"));
  EXPECT_EQ(listener.at("program"), "second-program");
  for (const Json& event : daemon.events_on(port)) {
    if (event.at("kind") != "opened" || event.at("listener").at("id") == id) continue;
    for (const Json& owner : event.at("listener").at("owners"))
      EXPECT_NE(owner.at("exe"), path("first-program"));
  }
  end(second);
  EXPECT_TRUE(daemon.sees(port, 0));
}

}  // namespace
}  // namespace portwatch::test
