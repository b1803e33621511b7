// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the rows of a socket table come from.

#include <unordered_set>
#include <vector>

#include "common/base/error.h"
#include "daemon/sensor/linux/socket_row.h"

namespace portwatch::sensor {

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

}  // namespace portwatch::sensor
