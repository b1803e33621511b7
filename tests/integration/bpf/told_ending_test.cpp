// SPDX-License-Identifier: Apache-2.0
// Why listeners end, as a whole portwatchd has stored it that is told by programs in the kernel. It looks
// rarely here, so what is known was told.

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
#include "tests/support/forked_child.h"
#include "tests/support/listening_socket.h"
#include "tests/support/loopback_address.h"
#include "tests/support/wait.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

/// A child that goes on with what its parent had.
constexpr auto kFork = "child = os.fork() or time.sleep(60)";

Json ending(const char* cause, int pid) {
  return {
      {"cause", cause}, {"pid", pid}, {"exit_status", nullptr}, {"signal", nullptr}, {"core_dumped", false}};
}
Json exited(int pid, int status) {
  Json json = ending("exited", pid);
  json["exit_status"] = status;
  return json;
}
Json killed(int pid, const char* signal) {
  Json json = ending("killed", pid);
  json["signal"] = signal;
  return json;
}

class ToldEnding : public testing::Test {
 protected:
  void SetUp() override {
    // Looking for a free port is an event too: so it is done before.
    port_ = free_named_port();
    ASSERT_TRUE(daemon_.start());
    ASSERT_EQ(daemon_.client()->call("status").at("sensor").at("name"), "bpf") << daemon_.log();
    listen(program_);
  }
  void listen(PythonProgram& program) const {
    program.run(
        "s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); "
        "s.bind(('127.0.0.1', " +
        std::to_string(port_) + ")); s.listen()");
    EXPECT_TRUE(daemon_.sees(port_));
  }
  [[nodiscard]] std::size_t count_closed() const {
    std::size_t count = 0;
    for (const Json& event : daemon_.events_on(port_)) count += event.at("kind") == "closed" ? 1U : 0U;
    return count;
  }
  /// Why the only listener on the port ended, once it has.
  [[nodiscard]] Json stored_ending() {
    EXPECT_TRUE(wait_until([&] { return count_closed() == 1; }));
    for (const Json& event : daemon_.ctl_json({"history", std::to_string(port_)}).at("events"))
      if (event.at("kind") == "closed") return event.at("listener").at("ending");
    return {};
  }
  [[nodiscard]] int pid() { return program_.child().pid(); }

  DaemonHarness daemon_{
      {.configuration = "[scan]\nreconcile_interval = \"1h\"\n[policy]\nlearning = \"0s\"\n",
       .sensor = "bpf"}};
  PythonProgram program_;
  std::uint16_t port_ = 0;
};

TEST_F(ToldEnding, ItsProgramClosedIt) {
  program_.run("s.close()");
  EXPECT_EQ(stored_ending(), ending("closed", pid()));
  EXPECT_THAT(daemon_.ctl({"history", std::to_string(port_)}).out, HasSubstr("closed it"));
}

TEST_F(ToldEnding, ItsProgramShutItDownAndListenedAgain) {
  program_.run("s.shutdown(2)");
  EXPECT_EQ(stored_ending(), ending("closed", pid()));
  program_.run("s.listen()");
  EXPECT_TRUE(daemon_.sees(port_));
  EXPECT_TRUE(daemon_.listeners_on(port_).at(0).at("ending").is_null());
}

TEST_F(ToldEnding, ItsProgramExited) {
  program_.begin("os._exit(3)");
  EXPECT_EQ(stored_ending(), exited(pid(), 3));
  EXPECT_THAT(daemon_.ctl({"show", std::to_string(port_)}).out, HasSubstr("exited with status 3"));
}

TEST_F(ToldEnding, ItsProgramWasKilled) {
  program_.child().signal(SIGKILL);
  EXPECT_EQ(stored_ending(), killed(pid(), "SIGKILL"));
  EXPECT_THAT(daemon_.ctl({"show", std::to_string(port_)}).out, HasSubstr("killed by SIGKILL"));
}

TEST_F(ToldEnding, AnExecClosedIt) {
  program_.begin("os.execvp('sleep', ['sleep', '60'])");
  EXPECT_EQ(stored_ending(), ending("closed", pid()));
}

TEST_F(ToldEnding, AThreadOfItsProgramEndedAndTheOthersGoOn) {
  program_.run("t = threading.Thread(target=lambda: s.close()); t.start(); t.join()");
  EXPECT_EQ(stored_ending(), ending("closed", pid()));
}

TEST_F(ToldEnding, TheLastOfTwoHoldersCounts) {
  program_.run(kFork);
  program_.run("os.kill(child, 9); os.waitpid(child, 0)");
  EXPECT_EQ(count_closed(), 0U) << "the other one holds it";
  program_.run("s.close()");
  EXPECT_EQ(stored_ending(), ending("closed", pid()));
}

TEST_F(ToldEnding, TheChildThatOutlivedItsOpenerWasKilled) {
  program_.run(kFork);
  const int child = std::stoi(program_.ask("child"));
  program_.begin("os._exit(0)");
  ASSERT_TRUE(program_.child().wait());
  EXPECT_EQ(count_closed(), 0U);
  ASSERT_EQ(::kill(child, SIGTERM), 0);
  EXPECT_EQ(stored_ending(), killed(child, "SIGTERM"));
}

TEST_F(ToldEnding, ARestartSaysHowTheFormerOneEnded) {
  const std::string port = std::to_string(port_);
  program_.child().signal(SIGSEGV);
  EXPECT_EQ(stored_ending().at("signal"), "SIGSEGV");
  PythonProgram next;
  listen(next);
  EXPECT_THAT(daemon_.ctl({"history", port}).out, HasSubstr("before: killed by SIGSEGV"));
  EXPECT_THAT(daemon_.ctl({"show", port}).out, HasSubstr("1 \u00d7 killed by SIGSEGV"));
}

/// The kernel closes what io_uring keeps only when the process is gone.
TEST(ToldEndingOfIoUring, IsThatOfItsProcess) {
  const std::uint16_t port = free_named_port();
  DaemonHarness daemon({.configuration = "[scan]\nreconcile_interval = \"1h\"\n", .sensor = "bpf"});
  ASSERT_TRUE(daemon.start());
  ForkedChild child([port] {
    auto* const uring = new IoUring;
    const sockaddr_in address = loopback_address(port);
    uring->direct_socket(AF_INET);
    uring->direct_bind(&address, sizeof address);
    uring->direct_listen(5);
  });
  ASSERT_TRUE(daemon.sees(port));
  const int holder = child.pid();
  child.stop();
  ASSERT_TRUE(daemon.sees(port, 0));
  for (const Json& event : daemon.events_on(port))
    if (event.at("kind") == "closed") EXPECT_EQ(event.at("listener").at("ending"), killed(holder, "SIGKILL"));
}

}  // namespace
}  // namespace portwatch::test
