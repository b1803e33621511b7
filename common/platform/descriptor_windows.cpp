// SPDX-License-Identifier: Apache-2.0
// Descriptors of the C library, which owns the handle behind each of them.
#include <io.h>

#include "common/platform/descriptor.h"

namespace portwatch::platform {

void DescriptorTraits::close(Raw raw) noexcept {
  ::_close(raw);
}

}  // namespace portwatch::platform
