// SPDX-License-Identifier: Apache-2.0
#include "tests/attack/crash/churn.h"

#include <utility>

namespace portwatch::test {
namespace {

constexpr std::size_t kMostAtOnce = 24;

}  // namespace

void Churn::step() {
  const bool must_close = open_.size() >= kMostAtOnce;
  if (must_close || (!open_.empty() && random_.chance(50))) {
    const std::size_t victim = random_.below(open_.size());
    std::swap(open_.at(victim), open_.back());
    open_.pop_back();
    return;
  }
  SocketWishes wishes;
  if (random_.chance(30)) wishes.address = "::1";
  if (random_.chance(20)) wishes.is_udp = true;
  if (!wishes.is_udp && random_.chance(10)) {
    wishes.address = "127.0.0.1";
    wishes.port = random_.pick(named_);
  }
  if (auto made = ListeningSocket::try_make(wishes)) open_.push_back(std::move(*made));
}

std::vector<std::uint16_t> named_ports(std::size_t count) {
  std::vector<ListeningSocket> held;
  while (held.size() < count) held.emplace_back(SocketWishes{.port = free_named_port()});
  std::vector<std::uint16_t> ports;
  for (const ListeningSocket& socket : held) ports.push_back(socket.port());
  return ports;
}

std::vector<ListeningSocket> sockets_that_stay() {
  std::vector<ListeningSocket> sockets;
  sockets.emplace_back(SocketWishes{});
  sockets.emplace_back(SocketWishes{.address = "::1"});
  sockets.emplace_back(SocketWishes{.is_udp = true});
  sockets.emplace_back(SocketWishes{.is_udp = true, .address = "::1"});
  sockets.emplace_back(SocketWishes{.port = free_named_port()});
  sockets.emplace_back(SocketWishes{.address = "0.0.0.0", .port = free_named_port()});
  return sockets;
}

}  // namespace portwatch::test
