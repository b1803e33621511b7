// SPDX-License-Identifier: Apache-2.0
// Sockets and processes that lie, on this machine: what only a real kernel can do.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sensor/native_sensor.h"
#include "tests/support/child_process.h"
#include "tests/support/descriptor_channel.h"
#include "tests/support/loopback_address.h"
#include "tests/support/wait.h"

namespace portwatch::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int kMptcp = 262;  // IPPROTO_MPTCP

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  return ntohs(address.sin_port);
}

TEST_F(NativeSensorTest, FoldsMptcpIntoOneTcpListener) {
  platform::Descriptor socket(::socket(AF_INET, SOCK_STREAM, kMptcp));
  const bool has_mptcp = socket.is_valid();
  if (!has_mptcp) socket.reset(::socket(AF_INET, SOCK_STREAM, 0));
  const sockaddr_in address = loopback_address();
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  const auto sighting = scan_one(loopback(net::Protocol::kTcp, port_of(socket.get())));
  EXPECT_EQ(sighting.socket.is_mptcp, has_mptcp);
  EXPECT_THAT(pids(sighting), ElementsAre(::getpid()));
}

TEST_F(NativeSensorTest, ListsEverySocketThatSharesAPort) {
  const ListeningSocket first({.shares_port = true});
  const ListeningSocket second({.port = first.port(), .shares_port = true});
  const auto found = scan_for(loopback(net::Protocol::kTcp, first.port()));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NE(found[0].socket.id, found[1].socket.id);
}

TEST_F(NativeSensorTest, TellsDualStackFromIpv6Alone) {
  const ListeningSocket dual({.address = "::"});
  const ListeningSocket alone({.address = "::", .is_v6only = true});
  const net::IpAddress any = net::IpAddress::v6({});
  EXPECT_EQ(scan_one({net::Protocol::kTcp, any, base::Port{dual.port()}}).socket.is_v6only, false);
  EXPECT_EQ(scan_one({net::Protocol::kTcp, any, base::Port{alone.port()}}).socket.is_v6only, true);
}

TEST_F(NativeSensorTest, LeavesOutConnectedUdp) {
  const ListeningSocket server({.is_udp = true});
  const ListeningSocket client({.is_udp = true});
  const sockaddr_in to = loopback_address(server.port());
  ASSERT_EQ(::connect(client.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  EXPECT_EQ(scan_for(loopback(net::Protocol::kUdp, server.port())).size(), 1U);
  EXPECT_THAT(scan_for(loopback(net::Protocol::kUdp, client.port())), IsEmpty());
}

TEST_F(NativeSensorTest, LeavesOutWhatIsBoundAndDoesNotListen) {
  const ListeningSocket bound({.listens = false});
  EXPECT_THAT(scan_for(loopback(net::Protocol::kTcp, bound.port())), IsEmpty());
}

TEST_F(NativeSensorTest, ShowsASocketThatListensAgainUnderTheSameName) {
  const ListeningSocket socket;
  const auto before = scan_one(loopback(net::Protocol::kTcp, socket.port()));
  ASSERT_EQ(::shutdown(socket.fd(), SHUT_RDWR), 0);
  // It may have another port now; find it by its name.
  ASSERT_EQ(::listen(socket.fd(), 1), 0);
  const auto snapshot = sensor().scan();
  ASSERT_TRUE(snapshot);
  const auto again = std::ranges::find(snapshot->sightings, before.socket.id,
                                       [](const model::Sighting& sighting) { return sighting.socket.id; });
  ASSERT_NE(again, snapshot->sightings.end());
  EXPECT_EQ(again->presence, model::Presence::kListed);
  EXPECT_EQ(again->socket.endpoint.port, base::Port{port_of(socket.fd())});
}

TEST_F(NativeSensorTest, SeesAnotherProgramInTheSameProcessAfterExec) {
  ListeningSocket socket({.is_inherited = true});
  const net::Endpoint endpoint = loopback(net::Protocol::kTcp, socket.port());
  ChildProcess child({"/bin/sh", "-c", "echo ready; read line; exec cat"});
  ASSERT_TRUE(wait_until([&] { return child.out() == "ready\n"; }));
  socket.close();
  const auto before = scan_one(endpoint);
  ASSERT_THAT(pids(before), ElementsAre(child.pid()));
  child.write("go\nstarted\n");
  ASSERT_TRUE(wait_until([&] { return child.out() == "ready\nstarted\n"; }));
  const auto after = scan_one(endpoint);
  ASSERT_THAT(pids(after), ElementsAre(child.pid()));
  EXPECT_EQ(after.owners[0]->key, before.owners[0]->key);
  EXPECT_NE(after.owners[0]->exe->path, before.owners[0]->exe->path);
  EXPECT_THAT(after.owners[0]->argv, ElementsAre("cat"));
}

TEST_F(NativeSensorTest, SeesTheSameProgramWithOtherArgumentsAfterExec) {
  ListeningSocket socket({.is_inherited = true});
  const net::Endpoint endpoint = loopback(net::Protocol::kTcp, socket.port());
  ChildProcess child(
      {"/bin/sh", "-c", "echo ready; read line; exec /bin/sh -c 'echo again; read line' second"});
  ASSERT_TRUE(wait_until([&] { return child.out() == "ready\n"; }));
  socket.close();
  const auto before = scan_one(endpoint);
  child.write("go\n");
  ASSERT_TRUE(wait_until([&] { return child.out() == "ready\nagain\n"; }));
  const auto after = scan_one(endpoint);
  ASSERT_EQ(after.owners.size(), 1U);
  EXPECT_EQ(after.owners[0]->key, before.owners[0]->key);
  EXPECT_EQ(after.owners[0]->argv.back(), "second");
}

/// A process that is given a descriptor by SCM_RIGHTS when it is already known.
class Receiver {
 public:
  Receiver() {
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto given = channel_.receive();
    for (;;) ::pause();
  }
  ~Receiver() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] int pid() const { return pid_; }
  void give(int fd) const { channel_.send(fd); }

 private:
  DescriptorChannel channel_;
  pid_t pid_ = -1;
};

TEST_F(NativeSensorTest, FindsAnOldProcessThatWasGivenASocket) {
  Receiver receiver;
  const ListeningSocket socket;
  const net::Endpoint endpoint = loopback(net::Protocol::kTcp, socket.port());
  ASSERT_THAT(pids(scan_one(endpoint)), ElementsAre(::getpid()));
  receiver.give(socket.fd());
  EXPECT_TRUE(wait_until([&] { return std::ranges::count(pids(scan_one(endpoint)), receiver.pid()) == 1; }));
}

TEST_F(NativeSensorTest, FindsTheReceiverWhenTheOpenerClosedItsOwn) {
  Receiver receiver;
  ListeningSocket socket;
  const net::Endpoint endpoint = loopback(net::Protocol::kTcp, socket.port());
  ASSERT_THAT(pids(scan_one(endpoint)), ElementsAre(::getpid()));
  receiver.give(socket.fd());
  socket.close();
  EXPECT_TRUE(wait_until([&] { return pids(scan_one(endpoint)) == std::vector{receiver.pid()}; }));
}

TEST_F(NativeSensorTest, FindsTheHolderWhoseFirstThreadHasEnded) {
  ListeningSocket socket;
  const net::Endpoint endpoint = loopback(net::Protocol::kTcp, socket.port());
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::thread([] {
      for (;;) ::pause();
    }).detach();
    ::syscall(SYS_exit, 0);  // of this thread alone
  }
  socket.close();
  EXPECT_TRUE(wait_until([&] {
    const auto sighting = scan_one(endpoint);
    return pids(sighting) == std::vector{child} && sighting.attribution == model::Attribution::kExact &&
           sighting.owners[0]->exe;
  }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(NativeSensorTest, FindsAListenerAmongManyDescriptors) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, 60'000);
  const rlimit raised{.rlim_cur = std::max(limit.rlim_cur, wanted), .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &raised), 0);
  {
    static_cast<void>(sensor().scan());
    std::vector<platform::Descriptor> others;
    while (others.size() + 200 < wanted) {
      others.emplace_back(::dup(STDIN_FILENO));
      ASSERT_TRUE(others.back());
    }
    const ListeningSocket socket;
    EXPECT_THAT(pids(scan_one(loopback(net::Protocol::kTcp, socket.port()))), ElementsAre(::getpid()));
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST_F(NativeSensorTest, LosesNoSocketWhileOthersOfItsPortComeAndGo) {
  // A dump goes on where it was by counting sockets of a bucket, so it can skip some when others of it are
  // closed.
  constexpr std::size_t kSteady = 500;
  std::vector<ListeningSocket> steady;
  steady.emplace_back(SocketWishes{.shares_port = true});
  const std::uint16_t port = steady.front().port();
  while (steady.size() < kSteady) steady.emplace_back(SocketWishes{.port = port, .shares_port = true});
  const auto first = scan_for(loopback(net::Protocol::kTcp, port));
  ASSERT_EQ(first.size(), kSteady);

  const pid_t churn = ::fork();
  if (churn == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
      std::vector<ListeningSocket> passing;
      for (int i = 0; i < 50; ++i) passing.emplace_back(SocketWishes{.port = port, .shares_port = true});
    }
  }
  std::set<model::SocketId> expected;
  for (const auto& sighting : first) expected.insert(sighting.socket.id);
  for (int look = 0; look < 20; ++look) {
    std::set<model::SocketId> found;
    for (const auto& sighting : scan_for(loopback(net::Protocol::kTcp, port)))
      found.insert(sighting.socket.id);
    EXPECT_TRUE(std::ranges::includes(found, expected)) << look;
  }
  ::kill(churn, SIGKILL);
  ::waitpid(churn, nullptr, 0);
}

TEST_F(NativeSensorTest, SurvivesProcessesThatEndWhileTheyAreLookedAt) {
  const ListeningSocket socket;
  const net::Endpoint endpoint = loopback(net::Protocol::kTcp, socket.port());
  ChildProcess churn({"/bin/sh", "-c", "while :; do /bin/true & /bin/true & wait; done"});
  for (int look = 0; look < 30; ++look) EXPECT_THAT(pids(scan_one(endpoint)), Contains(::getpid()));
  EXPECT_TRUE(churn.is_running());
}

}  // namespace
}  // namespace portwatch::test
