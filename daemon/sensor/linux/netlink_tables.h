// SPDX-License-Identifier: Apache-2.0
#pragma once

// Socket tables by NETLINK_SOCK_DIAG: with cookies, listeners only, no privilege needed. It shows the network
// namespace in which this process lives.

#include "daemon/sensor/linux/inet_diag.h"
#include "daemon/sensor/linux/netlink_socket.h"
#include "daemon/sensor/linux/table_source.h"

namespace portwatch::sensor {

class NetlinkTables final : public TableSource {
 public:
  [[nodiscard]] base::Status read(net::Protocol protocol, std::vector<SocketRow>& rows) override;
  [[nodiscard]] std::unordered_set<std::uint64_t> read_mptcp_inodes() override;

 private:
  /// Asks again when the table changed meanwhile.
  [[nodiscard]] base::Status read(const DiagRequest& request, net::Protocol protocol,
                                  std::vector<SocketRow>& rows);

  NetlinkSocket socket_;
  bool has_mptcp_ = true;  ///< until the kernel says that it has no such table
};

}  // namespace portwatch::sensor
