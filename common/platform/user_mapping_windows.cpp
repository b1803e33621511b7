// SPDX-License-Identifier: Apache-2.0
// Windows names a user by a SID, which is the same everywhere: no number stands for others.
#include "common/platform/user_mapping.h"

namespace portwatch::platform {

bool is_unmapped_user(std::uint32_t /*uid*/) {
  return false;
}

}  // namespace portwatch::platform
