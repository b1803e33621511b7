// SPDX-License-Identifier: Apache-2.0
#pragma once

// Socket tables by /proc/net/*: the last resort.

#include <string>

#include "daemon/sensor/linux/table_source.h"

namespace portwatch::sensor {

class ProcNetTables final : public TableSource {
 public:
  explicit ProcNetTables(std::string proc) : proc_(std::move(proc)) {}

  /// A family that the machine does not have is an empty table, not an error.
  [[nodiscard]] base::Status read(net::Protocol protocol, net::Family family,
                                  std::vector<SocketRow>& rows) override;

 private:
  std::string proc_;
};

}  // namespace portwatch::sensor
