// SPDX-License-Identifier: Apache-2.0
#pragma once

// Socket tables by NETLINK_SOCK_DIAG: with cookies, listeners only, no privilege needed. It shows the network
// namespace in which this process lives.

#include <memory>

#include "daemon/sensor/linux/netlink_socket.h"
#include "daemon/sensor/linux/table_source.h"

namespace portwatch::sensor {

class NetlinkTables final : public TableSource {
 public:
  [[nodiscard]] base::Status read(net::Protocol protocol, net::Family family,
                                  std::vector<SocketRow>& rows) override;

 private:
  [[nodiscard]] base::Result<DumpEnd> read_once(net::Protocol protocol, net::Family family,
                                                std::vector<SocketRow>& rows);
  void mark_mptcp(net::Family family, std::span<SocketRow> rows);

  NetlinkSocket socket_;
  bool has_mptcp_ = true;  ///< until the kernel says that it has no such table
};

}  // namespace portwatch::sensor
