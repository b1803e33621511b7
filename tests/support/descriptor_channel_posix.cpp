// SPDX-License-Identifier: Apache-2.0
// sendmsg(2) and recvmsg(2) with one descriptor in the control data (unix(7), cmsg(3)).

#include "tests/support/descriptor_channel.h"

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "common/base/assert.h"

namespace portwatch::test {
namespace {

using Control = std::array<char, CMSG_SPACE(sizeof(int))>;

msghdr envelope(iovec& part, Control& control) {
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  return message;
}

}  // namespace

bool send_descriptor(int over, int fd) {
  char byte = 'x';
  iovec part{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) Control control{};
  const cmsghdr header{.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  std::memcpy(control.data(), &header, sizeof header);
  std::memcpy(control.data() + CMSG_LEN(0), &fd, sizeof fd);
  const msghdr message = envelope(part, control);
  return ::sendmsg(over, &message, MSG_NOSIGNAL) == 1;
}

DescriptorChannel::DescriptorChannel() {
  std::array<int, 2> ends{};
  PW_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  in_.reset(ends[0]);
  out_.reset(ends[1]);
}

void DescriptorChannel::send(int fd) const {
  PW_ASSERT(send_descriptor(in_.get(), fd));
}

std::optional<platform::Descriptor> DescriptorChannel::receive() const {
  char byte = 0;
  iovec part{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) Control control{};
  msghdr message = envelope(part, control);
  if (::recvmsg(out_.get(), &message, MSG_CMSG_CLOEXEC) != 1 || message.msg_controllen < control.size())
    return std::nullopt;
  int fd = -1;
  std::memcpy(&fd, control.data() + CMSG_LEN(0), sizeof fd);
  return platform::Descriptor(fd);
}

}  // namespace portwatch::test
