// SPDX-License-Identifier: Apache-2.0
#pragma once

// A real socket of the test's own, on a port that the kernel chose.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "common/platform/descriptor.h"

namespace portwatch::test {

struct SocketWishes {
  bool is_udp = false;
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6 literal
  std::uint16_t port = 0;             ///< 0: the kernel chooses
  bool is_v6only = false;             ///< IPv6 alone
  bool shares_port = false;           ///< SO_REUSEPORT
  bool listens = true;                ///< TCP: bound and listening, or bound alone
  bool is_inherited = false;          ///< children that are executed have it too
};

class ListeningSocket {
 public:
  /// Aborts when it cannot be made.
  explicit ListeningSocket(const SocketWishes& wishes = {});
  /// Nothing when the address is taken.
  [[nodiscard]] static std::optional<ListeningSocket> try_make(const SocketWishes& wishes);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int fd() const { return socket_.get(); }
  void close() { socket_.reset(); }
  /// Children that are executed from now on do not have it.
  void keep_from_children() const;

 private:
  ListeningSocket(platform::Descriptor socket, std::uint16_t port)
      : socket_(std::move(socket)), port_(port) {}

  platform::Descriptor socket_;
  std::uint16_t port_ = 0;
};

/// The client's end of a TCP connection to 127.0.0.1, which nobody has accepted yet. Aborts when nobody
/// listens.
[[nodiscard]] platform::Descriptor connect_to(std::uint16_t port);
/// The server's end of the next connection.
[[nodiscard]] platform::Descriptor accept_from(const ListeningSocket& socket);

/// A TCP port of 127.0.0.1 that is free at this moment and outside the range that the kernel chooses from:
/// whoever listens on it has named it, so that it is part of its service key, and no other test's program has
/// the same key.
[[nodiscard]] std::uint16_t free_named_port();

}  // namespace portwatch::test
