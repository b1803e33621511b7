// SPDX-License-Identifier: Apache-2.0
// Closing a descriptor, by close(2). It is never repeated: also after EINTR the descriptor is gone on Linux.
#include <unistd.h>

#include "common/platform/descriptor.h"

namespace portwatch::platform {

void DescriptorTraits::close(Raw raw) noexcept {
  ::close(raw);
}

}  // namespace portwatch::platform
