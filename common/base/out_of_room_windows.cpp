// SPDX-License-Identifier: Apache-2.0
// The C library of Windows makes ENOSPC of a full disk and of a quota that is used up.
#include <cerrno>

#include "common/base/out_of_room.h"

namespace portwatch::base {

bool is_out_of_room(int os_errno) {
  return os_errno == ENOSPC;
}

}  // namespace portwatch::base
