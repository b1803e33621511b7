// SPDX-License-Identifier: Apache-2.0
// A whole portwatchd and programs that want what others have: who was refused, who has it, and why.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/base/assert.h"
#include "daemon/sensor/linux/bpf/conditions.h"
#include "tests/integration/bpf/forbidden_binds.h"
#include "tests/integration/bpf/io_uring.h"
#include "tests/integration/bpf/plain_sockets.h"
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
using testing::SizeIs;

class Conflicts : public testing::Test {
 protected:
  void SetUp() override {
    port_ = free_named_port();
    ASSERT_TRUE(daemon_.start());
    ASSERT_EQ(daemon_.client()->call("status").at("sensor").at("name"), "bpf") << daemon_.log();
  }

  [[nodiscard]] Json of_kind(const std::string& kind, std::uint16_t port) const {
    Json found = Json::array();
    for (const Json& event : daemon_.events_on(port))
      if (event.at("kind") == kind) found.push_back(event);
    return found;
  }
  [[nodiscard]] Json conflicts(std::uint16_t port) const { return of_kind("bind_conflict", port); }
  /// The first conflict on a port, once it is there.
  [[nodiscard]] Json conflict(std::uint16_t port) const {
    EXPECT_TRUE(wait_until([&] { return !conflicts(port).empty(); })) << daemon_.events_on(port).dump(1);
    const Json found = conflicts(port);
    return found.empty() ? Json() : found.at(0);
  }
  /// Asks for the port of 127.0.0.1 without SO_REUSEADDR, and goes on.
  static void want(std::uint16_t port) {
    const auto socket = plain_socket(AF_INET, SOCK_STREAM);
    EXPECT_FALSE(bind_to(socket.get(), port));
  }
  /// In a program of its own: `socket` and what follows.
  void python(const std::string& line) { python_->run(line); }
  [[nodiscard]] std::uint16_t asked_port(const std::string& expression) {
    return static_cast<std::uint16_t>(std::stoi(python_->ask(expression)));
  }
  [[nodiscard]] int holder_pid() { return python_->child().pid(); }

  std::uint16_t port_ = 0;
  DaemonHarness daemon_{
      {.configuration = "[scan]\nreconcile_interval = \"1h\"\n[policy]\nlearning = \"0s\"\n",
       .sensor = "bpf"}};
  std::unique_ptr<PythonProgram> python_ = std::make_unique<PythonProgram>();
};

TEST_F(Conflicts, SaysWhoHasThePortThatAnotherProgramListensOn) {
  python("s = socket.create_server(('127.0.0.1', " + std::to_string(port_) + "))");
  ASSERT_TRUE(daemon_.sees(port_));
  want(port_);
  const Json event = conflict(port_);
  EXPECT_EQ(event.at("precision"), "exact");
  const Json& wanted = event.at("listener");
  EXPECT_EQ(wanted.at("address"), "127.0.0.1");
  EXPECT_EQ(wanted.at("owners").at(0).at("pid"), ::getpid());
  EXPECT_EQ(wanted.at("closed_at"), wanted.at("opened_at"));
  const Json& detail = event.at("detail");
  EXPECT_EQ(detail.at("wish"), "bind");
  EXPECT_EQ(detail.at("cause"), "in-use");
  EXPECT_EQ(detail.at("certain"), false);
  EXPECT_EQ(detail.at("count"), 1);
  ASSERT_THAT(detail.at("holders"), SizeIs(1));
  const Json& holder = detail.at("holders").at(0);
  EXPECT_EQ(holder.at("kind"), "listener");
  EXPECT_EQ(holder.at("pid"), holder_pid());
  EXPECT_EQ(holder.at("user"), "root");
  EXPECT_EQ(holder.at("listener"), daemon_.listeners_on(port_).at(0).at("id"));
  EXPECT_EQ(holder.at("same_process"), false);
  EXPECT_THAT(daemon_.listeners_on(port_), SizeIs(1)) << "who was refused does not listen";

  const Outcome shown = daemon_.ctl({"show", std::to_string(port_)});
  EXPECT_THAT(shown.out, HasSubstr("refused"));
  EXPECT_THAT(shown.out, HasSubstr("(pid " + std::to_string(holder_pid()) +
                                   ", root) listens on 127.0.0.1:" + std::to_string(port_) + "/tcp"));
  EXPECT_THAT(daemon_.ctl({"history", "--kind", "bind_conflict", std::to_string(port_)}).out,
              HasSubstr("refused"));
}

TEST_F(Conflicts, TellsARefusedListen) {
  python("s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)");
  python("s.bind(('127.0.0.1', " + std::to_string(port_) + "))");
  const auto socket = plain_socket(AF_INET, SOCK_STREAM);
  const int one = 1;
  ASSERT_EQ(::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
  ASSERT_TRUE(bind_to(socket.get(), port_));
  python("s.listen()");
  ASSERT_EQ(::listen(socket.get(), 1), -1);
  const Json detail = conflict(port_).at("detail");
  EXPECT_EQ(detail.at("wish"), "listen");
  EXPECT_EQ(detail.at("holders").at(0).at("pid"), holder_pid());
}

/// Neither a system call of that name nor a descriptor tells of it.
TEST_F(Conflicts, TellsWhatIoUringIsRefused) {
  python("s = socket.create_server(('127.0.0.1', " + std::to_string(port_) + "))");
  ASSERT_TRUE(daemon_.sees(port_));
  const sockaddr_in address = loopback_address(port_);
  IoUring uring;
  ASSERT_EQ(uring.direct_socket(AF_INET), 0);
  ASSERT_EQ(uring.direct_bind(&address, sizeof address), -EADDRINUSE);
  uring.direct_close();
  const Json event = conflict(port_);
  EXPECT_EQ(event.at("listener").at("owners").at(0).at("pid"), ::getpid());
  EXPECT_EQ(event.at("detail").at("holders").at(0).at("pid"), holder_pid());
}

TEST_F(Conflicts, SaysWhoHasThePortOfASocketThatDoesNotListen) {
  python("s = socket.socket(); s.bind(('127.0.0.1', " + std::to_string(port_) + "))");
  want(port_);
  const Json holder = conflict(port_).at("detail").at("holders").at(0);
  EXPECT_EQ(holder.at("kind"), "bound");
  EXPECT_EQ(holder.at("pid"), holder_pid());
  EXPECT_EQ(holder.at("listener"), nullptr);
  const Outcome shown = daemon_.ctl({"show", std::to_string(port_)});
  EXPECT_THAT(shown.out, HasSubstr("Nobody listens"));
  EXPECT_THAT(shown.out, HasSubstr("not listening"));
}

TEST_F(Conflicts, SaysWhoseSourcePortItIs) {
  python(
      "s = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(s.getsockname()); a = "
      "s.accept()");
  const std::uint16_t port = asked_port("c.getsockname()[1]");
  want(port);
  const Json holder = conflict(port).at("detail").at("holders").at(0);
  EXPECT_EQ(holder.at("kind"), "connection");
  EXPECT_EQ(holder.at("pid"), holder_pid());
  EXPECT_EQ(holder.at("port"), port);
}

TEST_F(Conflicts, SaysThatAConnectionThatEndedHasThePort) {
  python("s = socket.socket(); s.bind(('127.0.0.1', " + std::to_string(port_) + ")); s.listen()");
  python("c = socket.create_connection(s.getsockname()); a = s.accept()[0]");
  python("a.close(); c.recv(1); c.close(); s.close()");  // who closes first waits
  want(port_);
  const Json holder = conflict(port_).at("detail").at("holders").at(0);
  EXPECT_EQ(holder.at("kind"), "time-wait");
  EXPECT_EQ(holder.at("pid"), nullptr);
}

TEST_F(Conflicts, SaysWhoHasAUdpPort) {
  python("s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('0.0.0.0', " + std::to_string(port_) + "))");
  ASSERT_TRUE(daemon_.sees(port_));
  {
    const auto socket = plain_socket(AF_INET, SOCK_DGRAM);
    ASSERT_FALSE(bind_to(socket.get(), port_));
  }
  const Json event = conflict(port_);
  EXPECT_EQ(event.at("listener").at("protocol"), "udp");
  const Json holder = event.at("detail").at("holders").at(0);
  EXPECT_EQ(holder.at("kind"), "listener");
  EXPECT_EQ(holder.at("pid"), holder_pid());
  EXPECT_EQ(holder.at("address"), "0.0.0.0");
}

TEST_F(Conflicts, IsCertainOfAMissingPrivilege) {
  const auto port = static_cast<std::uint16_t>(100 + ::getpid() % 800);
  const ForkedChild child([port] {
    if (::setuid(65534) != 0) return;
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    static_cast<void>(bind_to(fd, port));
    ::close(fd);
  });
  const Json event = conflict(port);
  EXPECT_EQ(event.at("detail").at("cause"), "privilege");
  EXPECT_EQ(event.at("detail").at("certain"), true);
  EXPECT_EQ(event.at("listener").at("owners").at(0).at("uid"), 65534);
}

TEST_F(Conflicts, TellsWhatARuleOfTheMachineForbids) {
  const ForbiddenBinds rule(*sensor::bpf::read_conditions("/proc", "/sys").cgroup_root);
  const ForkedChild child([&] {
    rule.enter();
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    PW_ASSERT(!bind_to(fd, port_) && errno == EPERM);
    ::close(fd);
  });
  const Json event = conflict(port_);
  EXPECT_EQ(event.at("detail").at("cause"), "unknown");
  EXPECT_EQ(event.at("detail").at("certain"), false);
  EXPECT_EQ(event.at("detail").at("holders"), Json::array());
  EXPECT_EQ(event.at("listener").at("owners").at(0).at("pid"), child.pid());
}

TEST_F(Conflicts, SaysThatTheAddressIsNotThere) {
  {
    const auto socket = plain_socket(AF_INET, SOCK_STREAM);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    ASSERT_EQ(::inet_pton(AF_INET, "192.0.2.1", &address.sin_addr), 1);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), -1);
  }
  EXPECT_EQ(conflict(port_).at("detail").at("cause"), "no-such-address");
}

TEST_F(Conflicts, AreNoticedThoughTheSocketIsKept) {
  const ListeningSocket taken({.port = port_});
  const std::uint16_t port = port_;
  const ForkedChild child([port] {
    // Kept open until it is killed.
    static_cast<void>(bind_to(::socket(AF_INET, SOCK_STREAM, 0), port));
  });
  EXPECT_EQ(conflict(port_).at("listener").at("owners").at(0).at("pid"), child.pid());
}

TEST_F(Conflicts, InAnotherNetworkAreToldWithTheirHolder) {
  PythonProgram inside({"unshare", "-n"});
  inside.run("s = socket.create_server(('0.0.0.0', " + std::to_string(port_) + "))");
  PythonProgram wanting({"nsenter", "-n", "-t", std::to_string(inside.child().pid())});
  wanting.begin("socket.socket().bind(('0.0.0.0', " + std::to_string(port_) + "))");
  const Json holder = conflict(port_).at("detail").at("holders").at(0);
  EXPECT_EQ(holder.at("kind"), "listener");
  EXPECT_EQ(holder.at("pid"), inside.child().pid());
}

TEST_F(Conflicts, OfWhoTakesTheNextPortAreNoAlert) {
  const ListeningSocket taken({.port = port_});
  std::uint16_t last = 0;
  for (int i = 0; i < 8; ++i) {
    last = free_named_port();
    const std::uint16_t first = port_;
    const ForkedChild server([first, last] {
      const int refused = ::socket(AF_INET, SOCK_STREAM, 0);
      static_cast<void>(bind_to(refused, first));
      ::close(refused);
      const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
      if (bind_to(fd, last)) ::listen(fd, 1);
    });
    ASSERT_TRUE(daemon_.sees(last));
  }
  EXPECT_EQ(conflict(port_).at("detail").at("holders").at(0).at("kind"), "listener");
  for (const Json& alert : daemon_.alerts_on(port_))
    for (const Json& reason : alert.at("reasons")) EXPECT_NE(reason.at("code"), "bind_conflict");
}

TEST_F(Conflicts, OfACrashLoopAreFewEventsAndOneAlert) {
  python("s = socket.create_server(('127.0.0.1', " + std::to_string(port_) + "))");
  ASSERT_TRUE(daemon_.sees(port_));
  constexpr int kTimes = 40;
  const std::uint16_t port = port_;
  for (int i = 0; i < kTimes; ++i) {
    const ForkedChild crashing([port] {
      const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
      static_cast<void>(bind_to(fd, port));
      ::close(fd);
    });
  }
  const auto refused = [&] {
    Json found = Json::array();
    for (const Json& alert : daemon_.alerts_on(port_))
      if (alert.at("reasons").at(0).at("code") == "bind_conflict") found.push_back(alert);
    return found;
  };
  ASSERT_TRUE(wait_until([&] { return !refused().empty(); }));
  EXPECT_THAT(refused(), SizeIs(1));
  EXPECT_EQ(refused().at(0).at("severity"), "low");
  EXPECT_THAT(refused().at(0).at("reasons").at(0).at("text").get<std::string>(), HasSubstr("listens on"));
  EXPECT_THAT(daemon_.ctl({"show", std::to_string(port_)}).out, HasSubstr("alerts show"));

  // What is counted meanwhile is told at the end, and is there after a restart.
  ASSERT_EQ(daemon_.stop(), 0);
  ASSERT_TRUE(daemon_.start());
  int count = 0;
  for (const Json& event : conflicts(port_)) count += event.at("detail").at("count").get<int>();
  EXPECT_EQ(count, kTimes);
  EXPECT_THAT(conflicts(port_), SizeIs(3)) << "the first, the fifth, and what came then";
  EXPECT_THAT(refused(), SizeIs(1));
}

}  // namespace
}  // namespace portwatch::test
