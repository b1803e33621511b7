// SPDX-License-Identifier: Apache-2.0
// errno(3): POSIX has a number of its own for a quota that is used up.
#include <cerrno>

#include "common/base/out_of_room.h"

namespace portwatch::base {

bool is_out_of_room(int os_errno) {
  return os_errno == ENOSPC || os_errno == EDQUOT;
}

}  // namespace portwatch::base
