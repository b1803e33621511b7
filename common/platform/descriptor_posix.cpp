// SPDX-License-Identifier: Apache-2.0

// close(2) is not asked again after EINTR: on Linux the descriptor is gone by then, and may be somebody
// else's.

#include <unistd.h>

#include "common/platform/descriptor.h"

namespace portwatch::platform {

void DescriptorTraits::close(Raw raw) noexcept {
  ::close(raw);
}

}  // namespace portwatch::platform
