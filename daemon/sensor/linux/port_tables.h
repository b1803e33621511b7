// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sockets of one port by NETLINK_SOCK_DIAG, in any state, in the network namespace in which this process
// lives. Listening ones cost next to nothing; for the others the kernel walks through its connections.

#include <vector>

#include "common/base/error.h"
#include "daemon/sensor/linux/inet_diag.h"
#include "daemon/sensor/linux/netlink_socket.h"

namespace portwatch::sensor {

class PortTables {
 public:
  /// At most so many rows are kept.
  static constexpr std::size_t kMostRows = 4096;

  /// Of TCP those that listen, or all others; of UDP all, as listening ones. Errors: as NetlinkSocket::dump.
  [[nodiscard]] base::Result<std::vector<PortRow>> read(net::Protocol protocol, base::Port port,
                                                        bool is_listening);

 private:
  [[nodiscard]] base::Status add(const DiagRequest& request, net::Protocol protocol,
                                 std::vector<PortRow>& rows);

  NetlinkSocket socket_;
};

}  // namespace portwatch::sensor
