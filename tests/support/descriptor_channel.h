// SPDX-License-Identifier: Apache-2.0
#pragma once

// A pair of Unix sockets over which open descriptors are passed, as servers and their helpers do
// (SCM_RIGHTS). While nobody has taken a descriptor out, it is open and no process holds it.

#include <optional>

#include "common/platform/descriptor.h"

namespace portwatch::test {

class DescriptorChannel {
 public:
  DescriptorChannel();

  /// Both may be called in a forked child; they are system calls only.
  void send(int fd) const;
  /// Waits for one. Nothing when the other end is gone.
  [[nodiscard]] std::optional<platform::Descriptor> receive() const;

 private:
  platform::Descriptor in_, out_;
};

/// Sends `fd` over any connected Unix socket, with one byte beside it.
[[nodiscard]] bool send_descriptor(int over, int fd);

}  // namespace portwatch::test
