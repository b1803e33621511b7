// SPDX-License-Identifier: Apache-2.0
// bind(2) as the kernel's programs tell it: UDP sockets from bind to their end, and whoever was refused.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/text.h"
#include "daemon/sensor/linux/clock.h"
#include "tests/integration/bpf/event_rig.h"
#include "tests/integration/bpf/plain_sockets.h"
#include "tests/support/child_process.h"
#include "tests/support/listening_socket.h"
#include "tests/support/wait.h"

namespace portwatch::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Refused binds of port 0 keep their places so long.
constexpr base::Micros kLongStay = std::chrono::seconds{1};

/// To an address that the machine has not.
bool bind_elsewhere(int fd, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  EXPECT_EQ(::inet_pton(AF_INET, "192.0.2.1", &address.sin_addr), 1);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// The time of a wish is at most one of the clock's ticks late (CONFIG_HZ is 100 at least). A machine under
/// load ticks late: so it may be early.
constexpr base::Micros kTick = std::chrono::milliseconds{10};
constexpr base::Micros kLateTick = std::chrono::seconds{2};

void wait_for_several_ticks() {
  const auto since = sensor::read_clocks().boot;
  ASSERT_TRUE(wait_until([&] { return sensor::read_clocks().boot >= since + 5 * kTick; }));
}

class BpfBind : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<bpf::Opened> opened() { return rig_.all<bpf::Opened>(); }
  [[nodiscard]] std::vector<bpf::Ended> ended() { return rig_.all<bpf::Ended>(); }
  [[nodiscard]] std::vector<bpf::BindRefused> refused() { return rig_.all<bpf::BindRefused>(); }
  [[nodiscard]] std::vector<bpf::BindRefused> overdue() {
    std::vector<bpf::BindRefused> ours;
    for (auto& each : rig_.programs().take_overdue_wishes(sensor::read_clocks(), base::Micros{0}))
      if (each.wished.record.netns == own_netns()) ours.push_back(std::move(each));
    return ours;
  }

  EventRig& rig_ = shared_rig();
};

TEST_F(BpfBind, TellsAUdpServerFromBindToItsEnd) {
  const std::uint16_t port = free_named_port();
  rig_.forget();
  {
    const ListeningSocket socket({.is_udp = true, .port = port});
    ASSERT_THAT(opened(), SizeIs(1));
    EXPECT_EQ(cookie_of(opened()[0].socket), cookie_of(socket.fd()));
    EXPECT_EQ(opened()[0].socket.record.inode, inode_of(socket.fd()));
  }
  const bpf::Opened begin = opened()[0];
  EXPECT_EQ(where(begin.socket), "127.0.0.1:" + std::to_string(port) + "/udp");
  EXPECT_EQ(begin.socket.record.bind_intent, model::BindIntent::kExplicit);
  EXPECT_EQ(begin.happening.image.key.pid.value, ::getpid());
  ASSERT_THAT(ended(), SizeIs(1));
  EXPECT_EQ(ended()[0].id, begin.socket.record.id);
  EXPECT_EQ(ended()[0].protocol, net::Protocol::kUdp);
  EXPECT_FALSE(ended()[0].was_connected);
}

TEST_F(BpfBind, TellsThatTheKernelChoseTheUdpPort) {
  const ListeningSocket socket({.is_udp = true});
  EXPECT_EQ(opened().at(0).socket.record.bind_intent, model::BindIntent::kKernelChosen);
  EXPECT_EQ(opened().at(0).socket.record.endpoint.port.value, socket.port());
}

TEST_F(BpfBind, TellsUdpOverIpv6) {
  const ListeningSocket socket({.is_udp = true, .address = "::", .is_v6only = true});
  EXPECT_EQ(where(opened().at(0).socket), "[::]:" + std::to_string(socket.port()) + "/udp");
  EXPECT_EQ(opened().at(0).socket.record.is_v6only, true);
}

TEST_F(BpfBind, SaysNothingOfAUdpClientThatNeverBinds) {
  const ListeningSocket server({.is_udp = true});
  rig_.forget();
  {
    const auto client = plain_socket(AF_INET, SOCK_DGRAM);
    ASSERT_TRUE(connect_to(client.get(), server.port()));
    ASSERT_EQ(::send(client.get(), "x", 1, 0), 1);
  }
  EXPECT_THAT(opened(), IsEmpty());
  EXPECT_THAT(ended(), IsEmpty());
}

TEST_F(BpfBind, TellsThatAUdpSocketWasAClientAtItsEnd) {
  const ListeningSocket server({.is_udp = true});
  {
    const ListeningSocket client({.is_udp = true});
    ASSERT_TRUE(connect_to(client.fd(), server.port()));
  }
  ASSERT_THAT(ended(), SizeIs(1));
  EXPECT_TRUE(ended()[0].was_connected);
}

TEST_F(BpfBind, TellsEachBindOfAUdpSocketThatIsBoundAgain) {
  const ListeningSocket server({.is_udp = true});
  rig_.forget();
  {
    const auto socket = plain_socket(AF_INET, SOCK_DGRAM);
    ASSERT_TRUE(bind_to(socket.get(), 0));
    ASSERT_TRUE(connect_to(socket.get(), server.port()));
    sockaddr nobody{};
    nobody.sa_family = AF_UNSPEC;
    ASSERT_EQ(::connect(socket.get(), &nobody, sizeof nobody), 0);
    ASSERT_TRUE(bind_to(socket.get(), 0));
  }
  ASSERT_THAT(opened(), SizeIs(2));
  EXPECT_EQ(opened()[0].socket.record.id, opened()[1].socket.record.id);
  EXPECT_THAT(ended(), SizeIs(1));
}

TEST_F(BpfBind, TellsWhoWantedAnAddressThatIsTaken) {
  const ListeningSocket taken;
  rig_.forget();
  base::BootTime before;
  base::BootTime after;
  {
    const auto socket = plain_socket(AF_INET, SOCK_STREAM);
    before = sensor::read_clocks().boot;
    ASSERT_FALSE(bind_to(socket.get(), taken.port()));
    ASSERT_EQ(errno, EADDRINUSE);
    after = sensor::read_clocks().boot;
    EXPECT_THAT(refused(), IsEmpty());
    wait_for_several_ticks();
  }
  ASSERT_THAT(refused(), SizeIs(1));
  EXPECT_EQ(where(refused()[0].wished), "127.0.0.1:" + std::to_string(taken.port()) + "/tcp");
  EXPECT_EQ(refused()[0].happening.image.key.pid.value, ::getpid());
  EXPECT_GE(refused()[0].noticed_at, refused()[0].happening.at);
  EXPECT_GE(refused()[0].happening.at, before - kLateTick);
  EXPECT_LE(refused()[0].happening.at, after + kTick);
  EXPECT_FALSE(refused()[0].lacks_privilege);
  EXPECT_THAT(opened(), IsEmpty());
}

TEST_F(BpfBind, TellsARefusalWhenTheProgramGoesOnToTheNextPort) {
  const ListeningSocket taken;
  const auto socket = plain_socket(AF_INET, SOCK_STREAM);
  ASSERT_FALSE(bind_to(socket.get(), taken.port()));
  ASSERT_TRUE(bind_to(socket.get(), 0));
  ASSERT_THAT(refused(), SizeIs(1));
  EXPECT_EQ(refused()[0].wished.record.endpoint.port.value, taken.port());
  EXPECT_EQ(cookie_of(refused()[0].wished), cookie_of(socket.get()));
  EXPECT_THAT(overdue(), IsEmpty());
}

TEST_F(BpfBind, TellsARefusedSocketThatIsKeptWhenAsked) {
  const ListeningSocket taken;
  const auto socket = plain_socket(AF_INET, SOCK_STREAM);
  const auto before = sensor::read_clocks().boot;
  ASSERT_FALSE(bind_to(socket.get(), taken.port()));
  const auto after = sensor::read_clocks().boot;
  EXPECT_THAT(refused(), IsEmpty());
  wait_for_several_ticks();
  const auto late = overdue();
  ASSERT_THAT(late, SizeIs(1));
  EXPECT_GE(late[0].happening.at, before - kLateTick);
  EXPECT_LE(late[0].happening.at, after + kTick);
  EXPECT_EQ(late[0].wished.record.endpoint.port.value, taken.port());
  EXPECT_THAT(overdue(), IsEmpty());
}

TEST_F(BpfBind, LeavesWhatIsStillFreshWithTheKernel) {
  const ListeningSocket taken;
  const auto socket = plain_socket(AF_INET, SOCK_STREAM);
  ASSERT_FALSE(bind_to(socket.get(), taken.port()));
  EXPECT_THAT(rig_.programs().take_overdue_wishes(sensor::read_clocks(), std::chrono::minutes{10}),
              IsEmpty());
  EXPECT_THAT(overdue(), SizeIs(1));
}

TEST_F(BpfBind, CountsTheRefusalsThatItHasNoPlaceFor) {
  constexpr std::size_t kSockets = 800;  // more than there are places
  const ListeningSocket taken;
  const std::uint64_t before = rig_.programs().losses().unseen_refusals;
  std::vector<platform::Descriptor> kept;
  for (std::size_t i = 0; i < kSockets; ++i) {
    kept.push_back(plain_socket(AF_INET, SOCK_STREAM));
    ASSERT_FALSE(bind_to(kept.back().get(), taken.port()));
  }
  const std::size_t told = overdue().size() + refused().size();
  EXPECT_LT(told, kSockets);
  EXPECT_GT(told, kSockets / 4);
  EXPECT_GE(told + rig_.programs().losses().unseen_refusals - before, kSockets);
}

TEST_F(BpfBind, TakesTheProtocolOfARawSocketForNoPort) {
  {
    const auto raw = plain_socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
    EXPECT_NE(cookie_of(raw.get()), 0U);
  }
  EXPECT_THAT(ended(), IsEmpty());
}

/// Many sockets that are kept after they were refused port 0 of an address that nobody has.
TEST_F(BpfBind, KnowsWhoChoseThePortThoughOthersFillThePlacesForWishes) {
  constexpr std::size_t kSockets = 900;  // nearly twice as many as there are places
  constexpr std::size_t kServers = 32;
  std::vector<platform::Descriptor> kept;
  for (std::size_t i = 0; i < kSockets; ++i) {
    kept.push_back(plain_socket(AF_INET, SOCK_DGRAM));
    ASSERT_FALSE(bind_elsewhere(kept.back().get(), 0));
  }
  const base::BootTime refused_at = sensor::read_clocks().boot;
  ASSERT_TRUE(wait_until([&] { return sensor::read_clocks().boot - refused_at > kLongStay; }));
  const std::uint16_t port = free_named_port();
  rig_.forget();
  std::vector<ListeningSocket> servers;
  for (std::size_t i = 0; i < kServers; ++i)
    servers.emplace_back(SocketWishes{.is_udp = true, .port = port, .shares_port = true});
  const auto told = opened();
  ASSERT_THAT(told, SizeIs(kServers));
  for (const bpf::Opened& each : told)
    EXPECT_EQ(each.socket.record.bind_intent, model::BindIntent::kExplicit) << where(each.socket);
  EXPECT_THAT(refused(), IsEmpty());  // the port may have been put off: that was no refusal
}

/// The kernel's side and ours may come upon the same wish.
TEST_F(BpfBind, TellsEachRefusalOnceThoughBothSidesTakeIt) {
  constexpr std::uint32_t kBinds = 20'000;
  const ListeningSocket taken({.address = "0.0.0.0"});
  rig_.forget();
  std::atomic<bool> goes_on = true;
  std::vector<bpf::BindRefused> told;
  std::thread userland([&] {
    while (goes_on) {
      base::Moment later = sensor::read_clocks();
      later.boot += std::chrono::minutes{1};
      for (auto& each : rig_.programs().take_overdue_wishes(later, base::Micros{0}))
        if (each.wished.record.netns == own_netns()) told.push_back(std::move(each));
    }
  });
  {
    const auto socket = plain_socket(AF_INET, SOCK_STREAM);
    for (std::uint32_t i = 1; i <= kBinds; ++i) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(taken.port());
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
      EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), -1);
    }
  }
  goes_on = false;
  userland.join();
  const std::size_t by_userland = told.size();
  for (bpf::BindRefused& each : refused()) told.push_back(std::move(each));
  std::set<std::string> wishes;
  for (const bpf::BindRefused& each : told) wishes.insert(where(each.wished));
  EXPECT_EQ(wishes.size(), told.size());
  EXPECT_GT(by_userland, 0U);
  EXPECT_LT(by_userland, told.size());
}

TEST_F(BpfBind, TellsAnAddressThatIsNotOurs) {
  const std::uint16_t port = free_named_port();
  rig_.forget();
  {
    const auto socket = plain_socket(AF_INET, SOCK_DGRAM);
    ASSERT_FALSE(bind_elsewhere(socket.get(), port));
    ASSERT_EQ(errno, EADDRNOTAVAIL);
  }
  ASSERT_THAT(refused(), SizeIs(1));
  EXPECT_EQ(where(refused()[0].wished), "192.0.2.1:" + std::to_string(port) + "/udp");
}

TEST_F(BpfBind, TellsThatAPrivilegedPortNeedsAPrivilege) {
  constexpr unsigned kNobody = 65534;
  const Outcome outcome =
      run_child({"/usr/bin/python3", "-c", "import socket; socket.socket().bind(('127.0.0.1', 81))"},
                {.uid = kNobody, .directory = "/"});
  ASSERT_NE(outcome.exit_code, 0);
  ASSERT_THAT(refused(), SizeIs(1));
  EXPECT_TRUE(refused()[0].lacks_privilege);
  EXPECT_EQ(refused()[0].happening.uid, base::Uid{kNobody});
  EXPECT_EQ(where(refused()[0].wished), "127.0.0.1:81/tcp");
  // It ended at once: who it was is known all the same.
  EXPECT_EQ(rig_.who(refused()[0].happening.image).name, "python3");
}

/// Root of an outer user namespace has every right in the network of an inner one.
TEST_F(BpfBind, DoesNotSayThatAnOuterUserLacksAPrivilege) {
  const Outcome outcome =
      run_child({"/bin/bash", "-c",
                 "set -e; coproc unshare --user --map-root-user --net sh -c 'echo here; exec cat'; "
                 "inside=$COPROC_PID; read -r -u ${COPROC[0]} _; stat -L -c %i /proc/$inside/ns/net; "
                 "nsenter --net=/proc/$inside/ns/net "
                 "python3 -c \"import socket; s = [socket.socket() for _ in 'ab']; "
                 "[each.bind(('127.0.0.1', 81)) for each in s]\" 2>/dev/null || true; kill $inside"},
                {.directory = "/"});
  const auto netns = base::parse_u64(base::trim(outcome.out));
  ASSERT_TRUE(netns) << outcome.out << outcome.err;
  rig_.follow(base::Netns{*netns});
  ASSERT_THAT(refused(), SizeIs(1)) << outcome.err;
  EXPECT_EQ(where(refused()[0].wished), "127.0.0.1:81/tcp");
  EXPECT_FALSE(refused()[0].lacks_privilege);
}

TEST_F(BpfBind, DoesNotTakeASecondBindForAConflict) {
  {
    const ListeningSocket socket;
    ASSERT_FALSE(bind_to(socket.fd(), socket.port()));
    ASSERT_EQ(errno, EINVAL);
    EXPECT_THAT(overdue(), IsEmpty());
  }
  EXPECT_THAT(refused(), IsEmpty());
}

TEST_F(BpfBind, DoesNotTakeAPortThatIsPutOffForARefusal) {
  const ListeningSocket server;
  {
    const auto client = plain_socket(AF_INET, SOCK_STREAM);
    const int one = 1;
    ASSERT_EQ(::setsockopt(client.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one), 0);
    ASSERT_TRUE(bind_to(client.get(), 0));
    EXPECT_THAT(overdue(), IsEmpty());
    ASSERT_TRUE(connect_to(client.get(), server.port()));
  }
  EXPECT_THAT(refused(), IsEmpty());
}

TEST_F(BpfBind, TellsARefusedBindOfMptcp) {
  const ListeningSocket taken;
  {
    const auto socket = plain_socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
    ASSERT_FALSE(bind_to(socket.get(), taken.port()));
  }
  ASSERT_FALSE(rig_.wait_for<bpf::BindRefused>().empty());
  EXPECT_EQ(refused().at(0).wished.record.endpoint.port.value, taken.port());
}

}  // namespace
}  // namespace portwatch::test
