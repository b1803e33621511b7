// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the rows of a socket table come from.

#include <array>
#include <unordered_set>
#include <vector>

#include "common/base/error.h"
#include "common/model/coverage.h"
#include "daemon/sensor/linux/socket_row.h"

namespace portwatch::sensor {

/// Those that have tables.
inline constexpr std::array kTableProtocols{net::Protocol::kTcp, net::Protocol::kUdp};

class TableSource {
 public:
  virtual ~TableSource() = default;

  /// Adds every TCP socket that listens, or every UDP socket that is bound and unconnected, of both families.
  /// A family that the machine does not have is empty. Errors: the tables could not be read whole; what was
  /// read of them may have been added.
  [[nodiscard]] virtual base::Status read(net::Protocol protocol, std::vector<SocketRow>& rows) = 0;

  /// The inodes of the TCP listeners that speak MPTCP. A socket is one or is not from its birth on, so this
  /// need be asked only when there are new ones.
  [[nodiscard]] virtual std::unordered_set<std::uint64_t> read_mptcp_inodes() { return {}; }
};

/// Notes what came of reading the tables of a protocol, of both families.
inline void note_tables(model::Coverage& coverage, base::Netns netns, net::Protocol protocol,
                        const base::Status& status) {
  for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6}) {
    const model::Table table{.netns = netns, .protocol = protocol, .family = family};
    if (status)
      coverage.tables.push_back(table);
    else
      coverage.holes.push_back({.table = table, .reason = status.error().message});
  }
}

}  // namespace portwatch::sensor
