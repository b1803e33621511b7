// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the rows of a socket table come from.

#include <vector>

#include "common/base/error.h"
#include "daemon/sensor/linux/socket_row.h"

namespace portwatch::sensor {

class TableSource {
 public:
  virtual ~TableSource() = default;

  /// Adds every TCP socket that listens, or every UDP socket that is bound and unconnected, of one family.
  /// Errors: the table could not be read whole; what was read of it may have been added.
  [[nodiscard]] virtual base::Status read(net::Protocol protocol, net::Family family,
                                          std::vector<SocketRow>& rows) = 0;
};

}  // namespace portwatch::sensor
