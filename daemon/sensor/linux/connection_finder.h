// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who is connected to a port now, and which programs hold the two ends: asked of the kernel's connections
// (NETLINK_SOCK_DIAG) and of everybody's descriptors, when somebody wants to know. Of our own network
// namespace.

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "common/base/error.h"
#include "common/model/connection.h"
#include "daemon/sensor/linux/inet_diag.h"
#include "daemon/sensor/linux/netlink_socket.h"
#include "daemon/sensor/linux/process_reader.h"

namespace portwatch::sensor {

/// Thread: one at a time.
class ConnectionFinder {
 public:
  /// So many connections of the machine's are looked at further, and so many descriptors are asked, of one
  /// process at most the third number: nobody can make an answer take long.
  static constexpr std::size_t kMostRows = 10'000;
  static constexpr std::size_t kMostDescriptors = 1'000'000;
  static constexpr std::size_t kMostOfAProcess = 100'000;

  explicit ConnectionFinder(Procfs proc) : proc_(proc), processes_(std::move(proc)) {}

  /// Blocking, some milliseconds for each thousand descriptors of the machine. Errors: as
  /// NetlinkSocket::dump, or /proc cannot be listed.
  [[nodiscard]] base::Result<model::ConnectionList> find(base::Port port);

 private:
  /// The processes that hold a socket, by its inode.
  using Holders = std::unordered_map<std::uint64_t, std::vector<base::Pid>>;

  [[nodiscard]] base::Result<std::vector<ConnectionRow>> rows(base::Port port, PortSide side,
                                                              std::uint64_t& left_out);
  /// Fills in who holds those that are keys already; whether everybody was asked.
  [[nodiscard]] base::Result<bool> find_holders(Holders& holders);
  bool ask(base::Pid pid, Holders& holders, std::size_t& budget);
  [[nodiscard]] std::vector<model::Party> parties(const std::vector<base::Pid>& pids, bool& is_whole);

  Procfs proc_;
  NetlinkSocket socket_;
  ProcessReader processes_;
  std::unordered_map<base::Pid, model::Party> known_;  ///< in this answer
};

}  // namespace portwatch::sensor
