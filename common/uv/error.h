// SPDX-License-Identifier: Apache-2.0
#pragma once

// libuv's status codes as our errors.

#include <string_view>

#include "common/base/error.h"

namespace portwatch::uv {

/// "<what>: <libuv's text>" with the code that fits. `status` is negative, as libuv returns it.
[[nodiscard]] std::unexpected<base::Error> fail_uv(std::string_view what, int status);

}  // namespace portwatch::uv
