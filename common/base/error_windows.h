// SPDX-License-Identifier: Apache-2.0
#pragma once

// What Windows itself says of a failure, which is another number than errno.

#include <string_view>

#include "common/base/error.h"

namespace portwatch::base {

/// "<what>: <text of the system>", with the code that fits. `code` is of GetLastError() or of a function that
/// returns its like; https://learn.microsoft.com/windows/win32/debug/system-error-codes
[[nodiscard]] std::unexpected<Error> fail_windows(std::string_view what, unsigned long code);

}  // namespace portwatch::base
