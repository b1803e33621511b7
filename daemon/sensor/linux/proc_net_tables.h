// SPDX-License-Identifier: Apache-2.0
#pragma once

// Socket tables by /proc/net/*: the last resort.

#include <string>

#include "daemon/sensor/linux/table_source.h"

namespace portwatch::sensor {

class ProcNetTables final : public TableSource {
 public:
  /// 150 bytes a row: more than a million connections.
  static constexpr std::size_t kLargest = 256U * 1024U * 1024U;

  /// A table of more than `largest` bytes is not read.
  explicit ProcNetTables(std::string proc, std::size_t largest = kLargest)
      : proc_(std::move(proc)), largest_(largest) {}

  [[nodiscard]] base::Status read(net::Protocol protocol, std::vector<SocketRow>& rows) override;

 private:
  [[nodiscard]] base::Status read(net::Protocol protocol, net::Family family, std::vector<SocketRow>& rows);

  std::string proc_;
  std::size_t largest_;
};

}  // namespace portwatch::sensor
