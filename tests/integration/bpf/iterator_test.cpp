// SPDX-License-Identifier: Apache-2.0
// The picture of all sockets that hold a port, with who holds them.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sensor/linux/bpf/socket_iterator.h"
#include "tests/integration/bpf/event_rig.h"
#include "tests/integration/bpf/plain_sockets.h"
#include "tests/integration/bpf/python_program.h"
#include "tests/support/forked_child.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

bpf::SocketIterator& iterator() {
  static auto loaded = bpf::SocketIterator::load(bpf::read_conditions("/proc", "/sys"));
  EXPECT_TRUE(loaded) << loaded.error().message;
  return *loaded;
}

/// The rows of one socket of ours.
std::vector<bpf::Held> rows_of(int fd) {
  const auto rows = iterator().look();
  EXPECT_TRUE(rows) << rows.error().message;
  std::vector<bpf::Held> found;
  for (const auto& row : *rows)
    if (row.socket.record.inode == inode_of(fd)) found.push_back(row);
  return found;
}

TEST(BpfIterator, ShowsAListenerWithItsHolder) {
  const ListeningSocket socket;
  const auto rows = rows_of(socket.fd());
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].holder.key.pid.value, ::getpid());
  EXPECT_EQ(rows[0].uid, base::Uid{::geteuid()});
  EXPECT_EQ(rows[0].descriptor, static_cast<std::uint32_t>(socket.fd()));
  EXPECT_EQ(cookie_of(rows[0].socket), cookie_of(socket.fd()));
  EXPECT_EQ(rows[0].socket.record.netns, own_netns());
  EXPECT_TRUE(rows[0].socket.is_listening);
  EXPECT_EQ(where(rows[0].socket), "127.0.0.1:" + std::to_string(socket.port()) + "/tcp");
}

TEST(BpfIterator, NamesSocketsAndProcessesAsEventsDo) {
  EventRig& rig = shared_rig();
  const ListeningSocket tcp;
  const ListeningSocket udp({.is_udp = true});
  const auto mptcp = plain_socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
  ASSERT_EQ(::listen(mptcp.get(), 5), 0);
  const auto opened = rig.all<bpf::Opened>();
  ASSERT_THAT(opened, SizeIs(3));
  const std::array fds{tcp.fd(), udp.fd(), mptcp.get()};
  for (std::size_t i = 0; i < fds.size(); ++i) {
    const auto rows = rows_of(fds[i]);
    ASSERT_THAT(rows, SizeIs(1)) << i;
    EXPECT_EQ(rows[0].socket.record, opened[i].socket.record) << i;
    EXPECT_EQ(rows[0].holder, opened[i].happening.image) << i;
  }
}

TEST(BpfIterator, ShowsEachHolder) {
  const ListeningSocket socket;
  const ForkedChild child;
  const auto rows = rows_of(socket.fd());
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].holder.key.pid.value, ::getpid());
  EXPECT_EQ(rows[1].holder.key.pid.value, child.pid());
}

TEST(BpfIterator, TakesTheProtocolOfARawSocketForNoPort) {
  const auto raw = plain_socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
  EXPECT_THAT(rows_of(raw.get()), IsEmpty());
}

TEST(BpfIterator, ShowsWhatIsBoundAndDoesNotListen) {
  const ListeningSocket socket({.listens = false});
  const auto rows = rows_of(socket.fd());
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_FALSE(rows[0].socket.is_listening);
  EXPECT_EQ(rows[0].socket.record.endpoint.port.value, socket.port());
}

TEST(BpfIterator, ShowsUdpServersAndNotClients) {
  const ListeningSocket server({.is_udp = true});
  const ListeningSocket client({.is_udp = true});
  ASSERT_TRUE(connect_to(client.fd(), server.port()));
  EXPECT_THAT(rows_of(server.fd()), SizeIs(1));
  EXPECT_THAT(rows_of(client.fd()), IsEmpty());
}

TEST(BpfIterator, LooksIntoOtherNamespaces) {
  PythonProgram program({"unshare", "--net", "--pid", "--fork", "--kill-child"});
  program.run("s = socket.socket(); s.listen()");
  const std::uint64_t inode = std::stoull(program.ask("os.fstat(s.fileno()).st_ino"));
  const auto rows = iterator().look();
  ASSERT_TRUE(rows);
  const auto row =
      std::ranges::find_if(*rows, [&](const auto& each) { return each.socket.record.inode == inode; });
  ASSERT_NE(row, rows->end());
  EXPECT_NE(row->socket.record.netns, own_netns());
  EXPECT_GT(row->holder.key.pid.value, 1);
}

}  // namespace
}  // namespace portwatch::test
