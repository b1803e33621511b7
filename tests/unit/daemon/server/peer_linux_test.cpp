// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "common/base/assert.h"
#include "common/platform/descriptor.h"
#include "daemon/server/peer.h"

namespace portwatch::server {
namespace {

using platform::Descriptor;

Descriptor socket_to_ourselves() {
  std::array<int, 2> fds{};
  PW_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
  const Descriptor other(fds[1]);  // the credentials stay after it is closed
  return Descriptor(fds[0]);
}

TEST(Peer, IsNamedByTheKernel) {
  const Descriptor socket = socket_to_ourselves();
  const auto peer = identify_peer(socket.get(), std::nullopt);
  ASSERT_TRUE(peer) << peer.error().message;
  EXPECT_EQ(peer->uid.value, ::geteuid());
  EXPECT_FALSE(peer->is_in_admin_group);
}

TEST(Peer, IsInTheGroupsThatTheProcessHas) {
  const Descriptor socket = socket_to_ourselves();
  const auto own_group = identify_peer(socket.get(), ::getegid());
  ASSERT_TRUE(own_group);
  EXPECT_TRUE(own_group->is_in_admin_group);
  const auto no_group = identify_peer(socket.get(), 3'999'999'999U);
  ASSERT_TRUE(no_group);
  EXPECT_FALSE(no_group->is_in_admin_group);
}

TEST(Peer, IsRefusedWhenTheKernelDoesNotNameIt) {
  const Descriptor unconnected(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_TRUE(unconnected);
  EXPECT_FALSE(identify_peer(unconnected.get(), std::nullopt));
  EXPECT_FALSE(identify_peer(-1, std::nullopt));
}

TEST(Peer, GroupsAreFoundByName) {
  EXPECT_EQ(group_number("root"), 0U);
  EXPECT_EQ(group_number(""), std::nullopt);
  EXPECT_EQ(group_number("there is no such group"), std::nullopt);
}

}  // namespace
}  // namespace portwatch::server
