// SPDX-License-Identifier: Apache-2.0
// Sockets through the plain system calls, as the programs make them that we watch.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "common/base/assert.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address address_of(const std::string& text, std::uint16_t port) {
  Address address;
  if (text.find(':') == std::string::npos) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    PW_ASSERT(inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1);
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.length = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    PW_ASSERT(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1);
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.length = sizeof v6;
  }
  return address;
}

std::uint16_t port_of(int fd) {
  Address address;
  address.length = sizeof address.storage;
  PW_ASSERT(getsockname(fd, address.raw(), &address.length) == 0);
  sockaddr_in6 v6{};
  sockaddr_in v4{};
  std::memcpy(&v6, &address.storage, sizeof v6);
  std::memcpy(&v4, &address.storage, sizeof v4);
  return ntohs(address.storage.ss_family == AF_INET ? v4.sin_port : v6.sin6_port);
}

void set(int fd, int level, int option, int value) {
  PW_ASSERT(setsockopt(fd, level, option, &value, sizeof value) == 0);
}

}  // namespace

ListeningSocket::ListeningSocket(const SocketWishes& wishes) {
  auto made = try_make(wishes);
  PW_ASSERT(made.has_value());
  *this = std::move(*made);
}

std::optional<ListeningSocket> ListeningSocket::try_make(const SocketWishes& wishes) {
  Address address = address_of(wishes.address, wishes.port);
  const int family = address.storage.ss_family;
  platform::Descriptor made{socket(family, (wishes.is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0)};
  PW_ASSERT(made);
  if (family == AF_INET6) set(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, wishes.is_v6only ? 1 : 0);
  if (wishes.shares_port) set(made.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (wishes.port != 0 && !wishes.is_udp) set(made.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(made.get(), address.raw(), address.length) != 0) return std::nullopt;
  if (!wishes.is_udp && wishes.listens && listen(made.get(), 16) != 0) return std::nullopt;
  if (wishes.is_inherited) PW_ASSERT(fcntl(made.get(), F_SETFD, 0) == 0);
  const std::uint16_t port = port_of(made.get());
  return ListeningSocket(std::move(made), port);
}

void ListeningSocket::keep_from_children() const {
  PW_ASSERT(fcntl(fd(), F_SETFD, FD_CLOEXEC) == 0);
}

platform::Descriptor connect_to(std::uint16_t port) {
  Address address = address_of("127.0.0.1", port);
  platform::Descriptor client{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  PW_ASSERT(client && connect(client.get(), address.raw(), address.length) == 0);
  return client;
}

platform::Descriptor accept_from(const ListeningSocket& socket) {
  platform::Descriptor server{accept4(socket.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
  PW_ASSERT(server);
  return server;
}

std::uint16_t free_named_port() {
  // Tests that run at the same time begin at different places, with room behind each: their processes are
  // neighbours, and a daemon that sees all networks sees the same port of another one too.
  constexpr int kRoom = 16;
  for (auto port = static_cast<std::uint16_t>(10'000 + getpid() % 1'250 * kRoom);; ++port)
    if (ListeningSocket::try_make({.port = port})) return port;
}

}  // namespace portwatch::test
