// SPDX-License-Identifier: Apache-2.0
#pragma once

// Several sockets that are one thing to a person: a server's IPv4 and IPv6 socket, workers that share a port
// by SO_REUSEPORT. Nothing is lost: a group names its sockets, and what differs in verdict or user is never
// folded.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/model/listener.h"

namespace portwatch::cli {

struct ListenerGroup {
  std::vector<model::ListenerRef> sockets;  ///< at least one, in the order they came
  std::string address;  ///< "*", "localhost", "127.0.0.1", "[::1]", "*%eth0", "127.0.0.1@web"
  std::vector<model::ProcessRef> owners;         ///< of all sockets, each process once, oldest first
  bool is_rejected = false;                      ///< a person said that it does not belong here
  std::optional<base::UtcTime> unwatched_since;  ///< of at least one of them: the earliest
  std::uint64_t owners_left_out = 0;             ///< at least so many more that were not told

  [[nodiscard]] const model::Listener& first() const { return *sockets.front(); }
  /// Whether an alert's (or an event's) listener is one of these, or an earlier one of the same service. A
  /// viewer who may not see everything has no service keys to compare.
  [[nodiscard]] bool is_same_service(const model::Listener& listener) const;
  [[nodiscard]] base::Port port() const { return first().socket.endpoint.port; }
  [[nodiscard]] net::Protocol protocol() const { return first().socket.endpoint.protocol; }
  /// "localhost:631/tcp"
  [[nodiscard]] std::string endpoint() const;
};

/// Groups in the order of their first sockets. A null reference is passed over.
[[nodiscard]] std::vector<ListenerGroup> fold(std::span<const model::ListenerRef> listeners);

/// One group for each socket: nothing is folded.
[[nodiscard]] std::vector<ListenerGroup> each_alone(std::span<const model::ListenerRef> listeners);

}  // namespace portwatch::cli
