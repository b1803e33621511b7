// SPDX-License-Identifier: Apache-2.0
// With the C library of GNU: its allocator keeps what was freed until it is asked.
#include "common/platform/memory.h"

#include <malloc.h>

namespace portwatch::platform {

void give_back_memory() {
  ::malloc_trim(0);
}

}  // namespace portwatch::platform
