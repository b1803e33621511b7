// SPDX-License-Identifier: Apache-2.0
#pragma once

// Users without a number of their own: inside a user namespace those outside of it all look alike.

#include <cstdint>

namespace portwatch::platform {

/// Whether this number stands for users that have none on this side. Where every user has one, as outside of
/// containers, that is false for each of them.
[[nodiscard]] bool is_unmapped_user(std::uint32_t uid);

}  // namespace portwatch::platform
