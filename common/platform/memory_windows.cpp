// SPDX-License-Identifier: Apache-2.0
// The heap of the process gives back what lies free at its end.
// https://learn.microsoft.com/cpp/c-runtime-library/reference/heapmin
#include "common/platform/memory.h"

#include <malloc.h>

namespace portwatch::platform {

void give_back_memory() {
  ::_heapmin();
}

}  // namespace portwatch::platform
