// SPDX-License-Identifier: Apache-2.0
// A socket that changes hands without any sign in the socket table: fork, exec, passing, threads.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>

#include "common/base/assert.h"
#include "tests/attack/sockets/socket_facts.h"
#include "tests/support/descriptor_channel.h"
#include "tests/support/forked_child.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

class Handover : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(daemon.start()); }
  DaemonHarness daemon;
};

/// A pipe by which a child tells the number of another process.
class PidPipe {
 public:
  PidPipe() {
    int ends[2];
    PW_ASSERT(::pipe(ends) == 0);
    from_.reset(ends[0]);
    to_.reset(ends[1]);
  }
  void tell(pid_t pid) const { PW_ASSERT(::write(to_.get(), &pid, sizeof pid) == sizeof pid); }
  [[nodiscard]] pid_t hear() const {
    pid_t pid = -1;
    PW_ASSERT(::read(from_.get(), &pid, sizeof pid) == sizeof pid);
    return pid;
  }

 private:
  platform::Descriptor from_, to_;
};

TEST_F(Handover, ForkThenExitIsOneListenerThatWentToTheChild) {
  const PidPipe pipe;
  const DescriptorChannel until_seen;
  std::uint16_t port = 0;
  pid_t opener = -1;
  {
    const ListeningSocket socket({.port = free_named_port()});
    port = socket.port();
    opener = ::fork();
    if (opener == 0) {
      static_cast<void>(until_seen.receive());
      const pid_t child = ::fork();
      if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, 0);
        for (;;) ::pause();
      }
      pipe.tell(child);
      std::_Exit(0);
    }
  }
  ASSERT_EQ(pids_of(listener_of(daemon, port, {opener})), std::multiset{opener});
  until_seen.send(STDIN_FILENO);
  const pid_t child = pipe.hear();
  ASSERT_EQ(::waitpid(opener, nullptr, 0), opener);

  const Json listener = listener_of(daemon, port, {child});
  EXPECT_EQ(pids_of(listener), std::multiset{child});
  EXPECT_EQ(listener.at("attribution"), "exact");
  EXPECT_TRUE(daemon.looks_again());
  EXPECT_THAT(kinds_on(daemon, port), Not(Contains("closed")));
  EXPECT_THAT(kinds_on(daemon, port), Contains("owner_changed"));
  EXPECT_EQ(daemon.alerts_on(port).size(), 1U) << "the same program is the same decision";
  ::kill(child, SIGKILL);
  EXPECT_TRUE(daemon.sees(port, 0));
}

TEST_F(Handover, ExecAfterListenIsAnotherProgramAndIsJudgedAnew) {
  const std::uint16_t port = free_named_port();
  auto socket = std::make_unique<ListeningSocket>(SocketWishes{.port = port, .is_inherited = true});
  ChildProcess child({"/bin/sh", "-c", "read line; exec sleep 1000"});
  socket.reset();
  const Json before = listener_of(daemon, port, {child.pid()});
  ASSERT_EQ(before.at("program_kind"), "inline");
  ASSERT_TRUE(
      wait_until([&] { return daemon.alerts_on(port).size() == 1; }));  // it is listed before it is stored
  const Json alert = daemon.alerts_on(port);
  ASSERT_EQ(daemon.ctl({"alerts", "approve", std::to_string(alert.at(0).at("id").get<int>())}).exit_code, 0);
  ASSERT_EQ(only_listener(daemon, port).at("verdict"), "known");

  child.write("go\n");
  const Json after = listener_when(
      daemon, port, [&](const Json& found) { return found.at("program") != before.at("program"); });
  EXPECT_EQ(after.at("id"), before.at("id")) << "it is still the same listening period";
  EXPECT_EQ(pids_of(after), std::multiset{child.pid()});
  EXPECT_EQ(after.at("verdict"), "unknown") << "what was approved is the program that is gone";
  EXPECT_TRUE(wait_until([&] { return daemon.alerts_on(port).size() == 2; }));
  EXPECT_THAT(kinds_on(daemon, port), ElementsAre("opened", "owner_changed"));
}

TEST_F(Handover, ATitledInterpreterDoesNotHandItsApprovalToWhatItExecutes) {
  const TempDir folder;
  const std::filesystem::path script = folder.path() / "other";
  std::ofstream(script) << "read line\n";
  const std::uint16_t port = free_named_port();
  auto socket = std::make_unique<ListeningSocket>(SocketWishes{.port = port, .is_inherited = true});
  ChildProcess child({"/bin/bash", "-c", "exec -a 'app: master' /bin/sh"});
  socket.reset();
  ASSERT_TRUE(wait_until([&] {
    const Json alerts = daemon.alerts_on(port);
    return alerts.size() == 1 &&
           only_listener(daemon, port).at("program") == alerts.at(0).at("listener").at("program");
  }));
  const Json before = listener_when(daemon, port, [](const Json& found) {
    return found.at("program").get<std::string>().find("app: master") != std::string::npos;
  });
  ASSERT_EQ(before.at("program_kind"), "executable");
  ASSERT_TRUE(daemon.looks_again());
  for (const Json& alert : daemon.alerts_on(port))
    ASSERT_EQ(daemon.ctl({"alerts", "approve", std::to_string(alert.at("id").get<int>())}).exit_code, 0);
  ASSERT_EQ(only_listener(daemon, port).at("verdict"), "known");

  child.write("exec /bin/sh " + script.string() + "\n");
  const Json after = listener_when(
      daemon, port, [&](const Json& found) { return found.at("program") != before.at("program"); });
  EXPECT_EQ(after.at("program_kind"), "script");
  EXPECT_EQ(after.at("verdict"), "unknown");
  EXPECT_TRUE(wait_until([&] {
    const Json alerts = daemon.alerts_on(port);
    return std::ranges::any_of(alerts, [&](const Json& alert) {
      return alert.at("state") == "open" && alert.at("listener").at("program") == after.at("program");
    });
  }));
}

TEST_F(Handover, InFlightWithoutAHolderStaysOpenAndIsSaidToBeOnItsWay) {
  const std::uint16_t port = free_named_port();
  auto socket = std::make_unique<ListeningSocket>(SocketWishes{.port = port});
  const std::string id = only_listener(daemon, port).at("id");
  const DescriptorChannel channel;
  channel.send(socket->fd());
  socket.reset();
  const Json in_flight =
      listener_when(daemon, port, [](const Json& found) { return found.at("owners").empty(); });
  EXPECT_EQ(in_flight.at("id"), id);
  // Whoever could look into everybody knows that nobody has it.
  const int denied = daemon.client()->call("status").at("coverage").at("denied_processes");
  EXPECT_EQ(in_flight.at("attribution"), denied == 0 ? "kernel" : "denied");
  const Outcome show = daemon.ctl({"show", std::to_string(port)});
  EXPECT_EQ(show.exit_code, 0) << show.err;

  const auto taken = channel.receive();
  ASSERT_TRUE(taken);
  const Json back = listener_of(daemon, port, {::getpid()});
  EXPECT_EQ(back.at("id"), id);
  EXPECT_THAT(kinds_on(daemon, port), Not(Contains("closed")));
  EXPECT_EQ(daemon.alerts_on(port).size(), 1U) << "on its way it belongs to whom it belonged to";
}

TEST_F(Handover, OpenedAndSentOffAtOnceIsNamedWhenSomebodyTakesIt) {
  const std::uint16_t port = free_named_port();
  const DescriptorChannel channel;
  {
    const ListeningSocket socket({.port = port});
    channel.send(socket.fd());
  }
  const Json unowned = only_listener(daemon, port);
  EXPECT_TRUE(unowned.at("owners").empty());
  const ForkedChild receiver([&] {
    const auto taken = channel.receive();
    PW_ASSERT(taken && ::dup(taken->get()) >= 0);  // the copy stays open
  });
  const Json named = listener_of(daemon, port, {receiver.pid()});
  EXPECT_EQ(named.at("id"), unowned.at("id"));
  EXPECT_EQ(named.at("attribution"), "exact");
  EXPECT_EQ(named.at("owners").at(0).at("exe"), std::filesystem::read_symlink("/proc/self/exe").native());
}

TEST_F(Handover, AVforkChildIsAHolderForAsLongAsItLives) {
  const std::uint16_t port = free_named_port();
  const ListeningSocket socket({.port = port, .is_inherited = true});
  ASSERT_EQ(pids_of(only_listener(daemon, port)), std::multiset{::getpid()});
  const DescriptorChannel go_on;
  const PidPipe pipe;
  // The parent of a vfork stands still until its child ends, so another process is the parent.
  const pid_t parent = ::fork();
  if (parent == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // vfork(2) as the C library does not wrap it: the child has a stack of its own.
    alignas(16) static char stack[65536];
    struct Work {
      const PidPipe& pipe;
      const DescriptorChannel& go_on;
    } work{pipe, go_on};
    ::clone(
        [](void* argument) {
          const auto& todo = *static_cast<Work*>(argument);
          todo.pipe.tell(::getpid());
          static_cast<void>(todo.go_on.receive());
          return 0;
        },
        stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &work);
    for (;;) ::pause();
  }
  const pid_t child = pipe.hear();
  const std::multiset<int> all{::getpid(), parent, child};
  EXPECT_EQ(pids_of(listener_of(daemon, port, all)), all);
  go_on.send(STDIN_FILENO);
  const std::multiset<int> rest{::getpid(), parent};
  EXPECT_EQ(pids_of(listener_of(daemon, port, rest)), rest);
  EXPECT_THAT(kinds_on(daemon, port), Not(Contains("closed")));
  EXPECT_EQ(daemon.alerts_on(port).size(), 1U);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
}

/// A child whose second thread opens a listener; then the first thread ends, or goes on with descriptors of
/// its own.
pid_t fork_with_listening_thread(std::uint16_t port, const PidPipe& pipe, bool has_files_of_its_own) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::thread([port, &pipe, has_files_of_its_own] {
    if (has_files_of_its_own) PW_ASSERT(::unshare(CLONE_FILES) == 0);
    const ListeningSocket socket({.port = port});
    pipe.tell(::getpid());
    for (;;) ::pause();
  }).detach();
  if (has_files_of_its_own)
    for (;;) ::pause();
  ::syscall(SYS_exit, 0);
  std::abort();
}

TEST_F(Handover, AThreadThatOpensAListenerAfterTheFirstHasEndedIsItsProcess) {
  const std::uint16_t port = free_named_port();
  const PidPipe pipe;
  const pid_t child = fork_with_listening_thread(port, pipe, false);
  ASSERT_EQ(pipe.hear(), child);
  const Json listener = listener_of(daemon, port, {child});
  EXPECT_EQ(pids_of(listener), std::multiset{child});
  EXPECT_EQ(listener.at("attribution"), "exact");
  EXPECT_FALSE(listener.at("owners").at(0).at("exe").is_null());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(Handover, AThreadWithDescriptorsOfItsOwnHidesNothing) {
  const std::uint16_t port = free_named_port();
  const PidPipe pipe;
  const pid_t child = fork_with_listening_thread(port, pipe, true);
  ASSERT_EQ(pipe.hear(), child);
  const Json listener = listener_of(daemon, port, {child});
  EXPECT_EQ(pids_of(listener), std::multiset{child});
  EXPECT_EQ(listener.at("attribution"), "exact");
  EXPECT_TRUE(daemon.looks_again(8));
  EXPECT_EQ(pids_of(only_listener(daemon, port)), std::multiset{child});
  EXPECT_THAT(kinds_on(daemon, port), ElementsAre("opened"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(daemon.sees(port, 0));
}

TEST_F(Handover, AZombieHoldsNothing) {
  const std::uint16_t port = free_named_port();
  auto socket = std::make_unique<ListeningSocket>(SocketWishes{.port = port});
  const pid_t zombie = ::fork();
  if (zombie == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) ::pause();
  }
  socket.reset();
  ASSERT_EQ(pids_of(listener_of(daemon, port, {zombie})), std::multiset{zombie});
  ::kill(zombie, SIGKILL);
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(zombie), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(daemon.sees(port, 0));
  const Json events = daemon.events_on(port);
  ASSERT_THAT(kinds_on(daemon, port), ElementsAre("opened", "closed"));
  EXPECT_EQ(pids_of(events.back().at("listener")), std::multiset{zombie}) << "who held it last";
  ASSERT_EQ(::waitpid(zombie, nullptr, 0), zombie);
}

}  // namespace
}  // namespace portwatch::test
