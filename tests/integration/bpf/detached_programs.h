// SPDX-License-Identifier: Apache-2.0
#pragma once

// Takes a process its programs in the kernel away, as `bpftool link detach` would.

#include <cstddef>

namespace portwatch::test {

/// Those of the control groups; gives how many. Needs CAP_SYS_ADMIN.
[[nodiscard]] std::size_t detach_programs_of(int pid);

}  // namespace portwatch::test
