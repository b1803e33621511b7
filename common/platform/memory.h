// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memory that was freed and is still counted as ours.

namespace portwatch::platform {

/// Gives it back to the system, as far as the allocator can (malloc_trim(3)). Takes milliseconds.
void give_back_memory();

}  // namespace portwatch::platform
