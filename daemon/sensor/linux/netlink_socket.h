// SPDX-License-Identifier: Apache-2.0
#pragma once

// A NETLINK_SOCK_DIAG socket and one dump over it (sock_diag(7)).

#include <cstdint>
#include <functional>
#include <vector>

#include "common/base/error.h"
#include "common/platform/descriptor.h"
#include "daemon/sensor/linux/netlink_message.h"

namespace portwatch::sensor {

/// How a dump ended that was not refused.
enum class DumpEnd : std::uint8_t {
  kWhole,
  kInterrupted,  ///< NLM_F_DUMP_INTR: the table changed meanwhile, rows may be missing or double
};

class NetlinkSocket {
 public:
  /// Opens on the first dump, and anew after each failure, so that a late answer never mixes with the next
  /// one's.
  NetlinkSocket() = default;

  /// Sends `request` (the bytes behind the netlink header) and gives the payload of each answer of the same
  /// type to `row`. Blocks, 5 s at most without an answer. Errors: kNotFound (the kernel has no such table:
  /// module missing), kPermissionDenied, kUnsupported, kTimeout, kCorrupt.
  [[nodiscard]] base::Result<DumpEnd> dump(std::uint16_t type, Bytes request,
                                           const std::function<void(Bytes)>& row);

 private:
  [[nodiscard]] base::Status open();
  [[nodiscard]] base::Status send(std::uint16_t type, Bytes request);
  [[nodiscard]] base::Result<DumpEnd> receive(std::uint16_t type, const std::function<void(Bytes)>& row);

  platform::Descriptor socket_;
  std::uint32_t sequence_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace portwatch::sensor
