// SPDX-License-Identifier: Apache-2.0
// Listening periods of TCP, as the kernel's programs tell them: each once, no other, with what the socket is.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/bpf/event_rig.h"
#include "tests/integration/bpf/plain_sockets.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BpfTcp : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<bpf::Opened> opened() { return rig_.all<bpf::Opened>(); }
  [[nodiscard]] std::vector<bpf::Ended> ended() { return rig_.all<bpf::Ended>(); }
  /// Records come in the order in which they began, so what an earlier call did is there when a later one's
  /// is.
  void catch_up() {
    const ListeningSocket marker;
    const auto is_marker = [&](const bpf::Opened& each) {
      return each.socket.record.endpoint.port == base::Port{marker.port()};
    };
    ASSERT_FALSE(rig_.wait_for<bpf::Opened>(is_marker).empty());
  }

  EventRig& rig_ = shared_rig();
};

TEST_F(BpfTcp, TellsBeginningAndEndOfAListenerThatClosesAtOnce) {
  std::uint16_t port = 0;
  {
    const ListeningSocket socket;
    port = socket.port();
  }
  ASSERT_THAT(opened(), SizeIs(1));
  ASSERT_THAT(ended(), SizeIs(1));
  const bpf::Opened begin = opened()[0];
  const bpf::Ended end = ended()[0];
  EXPECT_EQ(where(begin.socket), "127.0.0.1:" + std::to_string(port) + "/tcp");
  EXPECT_TRUE(begin.socket.is_listening);
  EXPECT_EQ(begin.socket.backlog, 16U);
  EXPECT_EQ(begin.socket.record.bind_intent, model::BindIntent::kKernelChosen);
  EXPECT_NE(begin.socket.record.inode, 0U);
  EXPECT_EQ(begin.socket.record.uid, base::Uid{::getuid()});
  EXPECT_EQ(begin.happening.image.key.pid.value, ::getpid());
  EXPECT_EQ(end.id, begin.socket.record.id);
  EXPECT_EQ(end.protocol, net::Protocol::kTcp);
  EXPECT_FALSE(end.wait_status);
  EXPECT_GE(end.happening.at, begin.happening.at);
}

TEST_F(BpfTcp, TellsTheInodeThatDescriptorsShow) {
  const ListeningSocket socket;
  EXPECT_EQ(opened().at(0).socket.record.inode, inode_of(socket.fd()));
  EXPECT_EQ(opened().at(0).socket.record.id.value, cookie_of(socket.fd()));
}

TEST_F(BpfTcp, TellsThatAProgramNamedThePort) {
  const ListeningSocket socket({.port = free_named_port()});
  EXPECT_EQ(opened().back().socket.record.bind_intent, model::BindIntent::kExplicit);
}

TEST_F(BpfTcp, TellsThePortOfAListenWithoutBind) {
  const auto socket = plain_socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(::listen(socket.get(), 5), 0);
  ASSERT_THAT(opened(), SizeIs(1));
  EXPECT_EQ(where(opened()[0].socket), "0.0.0.0:" + std::to_string(port_of(socket.get())) + "/tcp");
  EXPECT_EQ(opened()[0].socket.record.bind_intent, model::BindIntent::kKernelChosen);
}

TEST_F(BpfTcp, TellsTwoPeriodsOfASocketThatListensAgain) {
  const auto socket = plain_socket(AF_INET, SOCK_STREAM);
  ASSERT_TRUE(bind_to(socket.get(), 0));
  ASSERT_EQ(::listen(socket.get(), 5), 0);
  ASSERT_EQ(::shutdown(socket.get(), SHUT_RDWR), 0);
  ASSERT_EQ(::listen(socket.get(), 5), 0);
  ASSERT_THAT(opened(), SizeIs(2));
  ASSERT_THAT(ended(), SizeIs(1));
  EXPECT_EQ(cookie_of(opened()[0].socket), cookie_of(opened()[1].socket));
  EXPECT_EQ(opened()[1].socket.record.endpoint.port.value, port_of(socket.get()));
  EXPECT_LE(ended()[0].happening.at, opened()[1].happening.at);
}

TEST_F(BpfTcp, SaysNothingOfASecondListenThatChangesTheBacklog) {
  const ListeningSocket socket;
  ASSERT_EQ(::listen(socket.fd(), 50), 0);
  catch_up();
  EXPECT_THAT(opened(), SizeIs(2));  // it, and the marker
  EXPECT_THAT(rig_.all<bpf::ListenRefused>(), IsEmpty());
}

TEST_F(BpfTcp, TellsARefusedListenWithTheAddressThatWasWanted) {
  const auto first = plain_socket(AF_INET, SOCK_STREAM);
  const auto second = plain_socket(AF_INET, SOCK_STREAM);
  for (const auto* const each : {&first, &second}) {
    const int one = 1;
    ASSERT_EQ(::setsockopt(each->get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
  }
  ASSERT_TRUE(bind_to(first.get(), 0));
  ASSERT_TRUE(bind_to(second.get(), port_of(first.get())));
  ASSERT_EQ(::listen(first.get(), 5), 0);
  ASSERT_EQ(::listen(second.get(), 5), -1);
  ASSERT_EQ(errno, EADDRINUSE);
  EXPECT_THAT(opened(), SizeIs(1));
  EXPECT_THAT(ended(), IsEmpty());
  const auto refused = rig_.all<bpf::ListenRefused>();
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(where(refused[0].wished), where(opened()[0].socket));
  EXPECT_EQ(refused[0].happening.image.key.pid.value, ::getpid());
}

TEST_F(BpfTcp, FoldsMptcpIntoOneListener) {
  const auto socket = plain_socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
  ASSERT_TRUE(bind_to(socket.get(), 0));
  ASSERT_EQ(::listen(socket.get(), 5), 0);
  ASSERT_THAT(opened(), SizeIs(1));
  EXPECT_TRUE(opened()[0].socket.record.is_mptcp);
  EXPECT_EQ(opened()[0].socket.record.inode, inode_of(socket.get()));
  EXPECT_EQ(opened()[0].socket.record.endpoint.port.value, port_of(socket.get()));
}

TEST_F(BpfTcp, TellsTheEndOfAnMptcpListener) {
  {
    const auto socket = plain_socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
    ASSERT_TRUE(bind_to(socket.get(), 0));
    ASSERT_EQ(::listen(socket.get(), 5), 0);
  }
  const auto end = rig_.wait_for<bpf::Ended>();
  ASSERT_THAT(end, SizeIs(1));
  EXPECT_EQ(end[0].id, opened().at(0).socket.record.id);
}

TEST_F(BpfTcp, SaysNothingOfConnections) {
  const ListeningSocket server;
  for (int i = 0; i < 2'000; ++i) connect_and_accept(server.fd(), server.port());
  catch_up();
  EXPECT_THAT(opened(), SizeIs(2));  // it, and the marker
  EXPECT_THAT(ended(), SizeIs(1));
  EXPECT_THAT(rig_.all<bpf::ListenRefused>(), IsEmpty());
  EXPECT_THAT(rig_.all<bpf::BindRefused>(), IsEmpty());
}

TEST_F(BpfTcp, TellsWhatASocketIsFor) {
  const ListeningSocket dual({.address = "::"});
  const ListeningSocket alone({.address = "::", .is_v6only = true, .shares_port = true});
  ASSERT_THAT(opened(), SizeIs(2));
  EXPECT_EQ(opened()[0].socket.record.is_v6only, false);
  EXPECT_FALSE(opened()[0].socket.shares_port);
  EXPECT_EQ(opened()[1].socket.record.is_v6only, true);
  EXPECT_TRUE(opened()[1].socket.shares_port);
}

TEST_F(BpfTcp, TellsV4MappedAsItIs) {
  const ListeningSocket socket({.address = "::ffff:127.0.0.1"});
  EXPECT_TRUE(opened().at(0).socket.record.endpoint.address.is_v4_mapped());
}

TEST_F(BpfTcp, TellsTheDeviceThatASocketIsBoundTo) {
  const auto socket = plain_socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
  ASSERT_EQ(::listen(socket.get(), 5), 0);
  EXPECT_EQ(opened().at(0).socket.device_index, 1U);
}

}  // namespace
}  // namespace portwatch::test
