// SPDX-License-Identifier: Apache-2.0
// A datagram socket of the Unix family: one message, one datagram.

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>

#include "common/base/assert.h"
#include "tests/support/notify_socket.h"

namespace portwatch::test {

NotifySocket::NotifySocket(const std::filesystem::path& path)
    : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  PW_ASSERT(socket_);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  PW_ASSERT(path.native().size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  PW_ASSERT(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

const std::string& NotifySocket::told() {
  std::array<char, 4096> message;
  ssize_t length = 0;
  while ((length = recv(socket_.get(), message.data(), message.size(), 0)) > 0) {
    told_.append(message.data(), static_cast<std::size_t>(length));
    told_ += '\n';
  }
  return told_;
}

}  // namespace portwatch::test
