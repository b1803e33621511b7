// SPDX-License-Identifier: Apache-2.0
#pragma once

// By which numbers the C library says that a disk holds no more.

namespace portwatch::base {

/// ENOSPC, and EDQUOT where the system knows of quotas.
[[nodiscard]] bool is_out_of_room(int os_errno);

}  // namespace portwatch::base
