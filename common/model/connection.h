// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who uses a listener: the connections to its port, with the programs of both sides where both are on this
// machine.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/strong_type.h"
#include "common/model/process.h"
#include "common/net/endpoint.h"

namespace portwatch::model {

/// A process that holds an end of a connection.
struct Party {
  std::optional<ProcessKey> process;  ///< unset: this viewer may not know
  std::string program;  ///< program_name(), or the name that it gives itself; empty: this viewer may not know
  std::optional<base::Uid> uid;
  std::string user;  ///< as ServiceKey::user; empty: not known

  bool operator==(const Party&) const = default;
};

/// An established TCP connection, from the side that listened.
struct Connection {
  net::Endpoint local;
  net::Endpoint peer;
  bool is_peer_here = false;  ///< the other end is a socket of the same network namespace
  /// Who holds our end and the other one, by pid; of each at most kMostParties. Empty: nobody that is known.
  std::vector<Party> servers;
  std::vector<Party> clients;
  /// As the server's side counts them: payload that came in, and payload that the client has acknowledged.
  /// Source: tcp_info in linux/tcp.h (since 4.1). Unset: the kernel did not tell.
  std::optional<std::uint64_t> received_bytes;
  std::optional<std::uint64_t> sent_bytes;

  bool operator==(const Connection&) const = default;
};

struct ConnectionList {
  std::vector<Connection> connections;  ///< by peer, then by our end
  std::uint64_t left_out = 0;           ///< how many there are beyond those
  bool are_parties_whole = true;        ///< false: not everybody could be asked in time who holds an end

  bool operator==(const ConnectionList&) const = default;
};

/// So many connections of a port are told.
inline constexpr std::size_t kMostConnections = 500;
/// And so many processes of each end, the first by pid.
inline constexpr std::size_t kMostParties = 8;

}  // namespace portwatch::model
