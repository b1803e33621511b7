// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the system calls a user.

#include <cstdint>
#include <optional>
#include <string>

namespace portwatch::platform {

/// By getpwuid_r(3); nothing when the system knows no such user, or cannot say. Blocks for as long as the
/// name service does, which may ask a directory server: not for the loop.
[[nodiscard]] std::optional<std::string> user_name(std::uint32_t uid);

/// Whether the system knows a user of this name, by getpwnam_r(3); yes when it cannot say. Blocks like
/// user_name().
[[nodiscard]] bool is_user(const std::string& name);

}  // namespace portwatch::platform
