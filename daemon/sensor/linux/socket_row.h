// SPDX-License-Identifier: Apache-2.0
#pragma once

// One row of a socket table as the kernel reports it: plain numbers, cheap to make ten thousand of.

#include <cstdint>
#include <optional>

#include "common/model/socket_record.h"

namespace portwatch::sensor {

struct SocketRow {
  model::SocketId id;
  std::uint64_t inode = 0;
  net::Endpoint endpoint;
  base::Uid uid;
  std::uint32_t device_index = 0;  ///< interface that the socket is bound to; 0: none
  std::optional<bool> is_v6only;

  bool operator==(const SocketRow&) const = default;
};

}  // namespace portwatch::sensor
