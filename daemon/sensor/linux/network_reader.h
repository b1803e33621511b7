// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads what a process that lives in a network namespace shows of it: its addresses and routes, and what the
// process belongs to.

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/strong_type.h"
#include "daemon/sensor/linux/network_files.h"
#include "daemon/sensor/linux/socket_row.h"
#include "daemon/sensor/linux/visits.h"

namespace portwatch::sensor {

struct NetworkReading {
  base::Pid inhabitant;  ///< who showed it
  std::vector<net::IpAddress> addresses;
  std::vector<Route> routes;
  bool is_whole = false;  ///< false: there can be more addresses and routes
  std::string cgroup;     ///< the text of the process's /proc/PID/cgroup

  bool operator==(const NetworkReading&) const = default;
};

/// Thread: any. Reads below /proc/PID, as a visit.
class NetworkReader {
 public:
  explicit NetworkReader(Procfs proc) : proc_(std::move(proc)) {}

  /// As the first of the processes shows it that lives there. Nothing when none does (any more), or none may
  /// be asked.
  [[nodiscard]] std::optional<NetworkReading> read(base::Netns netns,
                                                   std::span<const base::Pid> candidates) const;

  /// The sockets there, named by their inodes: TCP that listens, and UDP that is bound and unconnected.
  /// Nothing: as read(), or the tables are too long.
  [[nodiscard]] std::optional<std::vector<SocketRow>> read_tables(
      base::Netns netns, std::span<const base::Pid> candidates) const;

 private:
  [[nodiscard]] std::optional<NetworkReading> read(base::Netns netns, base::Pid candidate) const;
  [[nodiscard]] std::optional<std::vector<SocketRow>> read_tables(base::Netns netns,
                                                                  base::Pid candidate) const;

  Procfs proc_;
};

}  // namespace portwatch::sensor
