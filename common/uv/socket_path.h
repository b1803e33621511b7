// SPDX-License-Identifier: Apache-2.0
#pragma once

// A local socket's address holds a path of about a hundred bytes, and libuv cuts a longer one silently:
// whoever binds or connects asks here first.

#include <cstddef>
#include <filesystem>

#include "common/base/error.h"

namespace portwatch::uv {

/// The longest path that an address holds, in bytes without the terminating zero (unix(7)).
[[nodiscard]] std::size_t max_socket_path() noexcept;

/// Errors: kInvalidArgument: empty, with a zero byte in it, or too long; the message says how long it may be.
[[nodiscard]] base::Status check_socket_path(const std::filesystem::path& path);

}  // namespace portwatch::uv
