// SPDX-License-Identifier: Apache-2.0
#pragma once

// Socket tables by /proc/net/*: the last resort.

#include <string>

#include "daemon/sensor/linux/table_source.h"

namespace portwatch::sensor {

class ProcNetTables final : public TableSource {
 public:
  explicit ProcNetTables(std::string proc) : proc_(std::move(proc)) {}

  [[nodiscard]] base::Status read(net::Protocol protocol, std::vector<SocketRow>& rows) override;

 private:
  [[nodiscard]] base::Status read(net::Protocol protocol, net::Family family, std::vector<SocketRow>& rows);

  std::string proc_;
};

}  // namespace portwatch::sensor
