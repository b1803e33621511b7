// SPDX-License-Identifier: Apache-2.0
#pragma once

// One owner for one POSIX file descriptor.

#include "common/base/unique_handle.h"

namespace portwatch::platform {

struct DescriptorTraits {
  using Raw = int;
  static constexpr Raw kNone = -1;
  /// What must be durable is synced before: nothing is learned from close(2).
  static void close(Raw raw) noexcept;
};

using Descriptor = base::UniqueHandle<DescriptorTraits>;

}  // namespace portwatch::platform
