// SPDX-License-Identifier: Apache-2.0
// Sockets that no descriptor shows: opened by io_uring without a system call, kept where no process has them,
// or handed on.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sensor/linux/bpf/socket_iterator.h"
#include "tests/integration/bpf/event_rig.h"
#include "tests/integration/bpf/io_uring.h"
#include "tests/integration/bpf/plain_sockets.h"
#include "tests/support/listening_socket.h"
#include "tests/support/loopback_address.h"

namespace portwatch::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class BpfHidden : public ::testing::Test {
 protected:
  [[nodiscard]] std::size_t rows_with(std::uint64_t inode) {
    auto iterator = bpf::SocketIterator::load(bpf::read_conditions("/proc", "/sys"));
    EXPECT_TRUE(iterator);
    const auto rows = iterator->look();
    EXPECT_TRUE(rows);
    return static_cast<std::size_t>(
        std::ranges::count_if(*rows, [&](const auto& row) { return row.socket.record.inode == inode; }));
  }

  EventRig& rig_ = shared_rig();
};

TEST_F(BpfHidden, TellsAListenerThatWasOpenedByIoUring) {
  IoUring uring;
  const auto socket = plain_socket(AF_INET, SOCK_STREAM);
  const sockaddr_in address = loopback_address(0);
  ASSERT_EQ(uring.bind(socket.get(), &address, sizeof address), 0);
  ASSERT_EQ(uring.listen(socket.get(), 7), 0);
  const auto opened = rig_.all<bpf::Opened>();
  ASSERT_THAT(opened, SizeIs(1));
  EXPECT_EQ(opened[0].socket.record.endpoint.port.value, port_of(socket.get()));
  EXPECT_EQ(opened[0].socket.backlog, 7U);
  EXPECT_EQ(opened[0].happening.image.key.pid.value, ::getpid());
}

TEST_F(BpfHidden, TellsARefusedBindOfIoUring) {
  const ListeningSocket taken;
  IoUring uring;
  {
    const auto socket = plain_socket(AF_INET, SOCK_STREAM);
    const sockaddr_in address = loopback_address(taken.port());
    ASSERT_EQ(uring.bind(socket.get(), &address, sizeof address), -EADDRINUSE);
  }
  const auto refused = rig_.wait_for<bpf::BindRefused>();
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(refused[0].wished.record.endpoint.port.value, taken.port());
}

TEST_F(BpfHidden, TellsAListenerWithoutADescriptor) {
  IoUring uring;
  ASSERT_EQ(uring.direct_socket(AF_INET), 0);
  const sockaddr_in address = loopback_address(0);
  ASSERT_EQ(uring.direct_bind(&address, sizeof address), 0);
  ASSERT_EQ(uring.direct_listen(5), 0);
  const auto opened = rig_.all<bpf::Opened>();
  ASSERT_THAT(opened, SizeIs(1));
  EXPECT_NE(opened[0].socket.record.inode, 0U);
  EXPECT_EQ(opened[0].happening.image.key.pid.value, ::getpid());
  EXPECT_EQ(rows_with(opened[0].socket.record.inode),
            0U);  // no descriptor: the picture lacks it, the event does not

  ASSERT_EQ(uring.direct_close(), 0);
  const auto ended = rig_.wait_for<bpf::Ended>();
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].id, opened[0].socket.record.id);
}

TEST_F(BpfHidden, SaysNothingOfADescriptorOnItsWayToAnotherProcess) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  platform::Descriptor sender{ends[0]};
  platform::Descriptor receiver{ends[1]};
  std::uint64_t inode = 0;
  {
    const ListeningSocket socket;
    inode = inode_of(socket.fd());
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    char byte = 'x';
    iovec part{.iov_base = &byte, .iov_len = 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = socket.fd();
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    ASSERT_EQ(::sendmsg(sender.get(), &message, 0), 1);
  }
  EXPECT_THAT(rig_.all<bpf::Opened>(), SizeIs(1));
  EXPECT_THAT(rig_.all<bpf::Ended>(), IsEmpty());
  EXPECT_EQ(rows_with(inode), 0U);

  // Nobody takes it: it ends with the socket that it was sent through.
  sender.reset();
  receiver.reset();
  const auto ended = rig_.wait_for<bpf::Ended>();
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].inode, inode);
}

}  // namespace
}  // namespace portwatch::test
