// SPDX-License-Identifier: Apache-2.0
// Written against socket(7), ip(7) and ipv6(7).
#include "tests/integration/bpf/plain_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/base/assert.h"
#include "tests/support/loopback_address.h"

namespace portwatch::test {

platform::Descriptor plain_socket(int family, int type, int protocol) {
  platform::Descriptor made{::socket(family, type | SOCK_CLOEXEC, protocol)};
  PW_ASSERT(made);
  return made;
}

bool bind_to(int fd, std::uint16_t port) {
  const sockaddr_in address = loopback_address(port);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool connect_to(int fd, std::uint16_t port) {
  const sockaddr_in address = loopback_address(port);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::uint16_t port_of(int fd) {
  sockaddr_in6 address{};  // the port is where that of IPv4 is
  socklen_t length = sizeof address;
  PW_ASSERT(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  return ntohs(address.sin6_port);
}

std::uint64_t inode_of(int fd) {
  struct stat status{};
  PW_ASSERT(::fstat(fd, &status) == 0);
  return status.st_ino;
}

std::uint64_t cookie_of(int fd) {
  std::uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  PW_ASSERT(::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0);
  return cookie;
}

void connect_and_accept(int listener, std::uint16_t port) {
  const platform::Descriptor client = plain_socket(AF_INET, SOCK_STREAM);
  PW_ASSERT(connect_to(client.get(), port));
  const platform::Descriptor accepted{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)};
  PW_ASSERT(accepted);
}

}  // namespace portwatch::test
