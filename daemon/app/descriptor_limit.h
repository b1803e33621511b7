// SPDX-License-Identifier: Apache-2.0
#pragma once

// How many files this process may have open at once.

#include "common/base/error.h"

namespace portwatch::app {

/// With fewer than this it could not look and answer at the same time.
inline constexpr unsigned kLeastDescriptors = 32;

/// Errors: kResourceExhausted: it may have too few; the message says how many are needed and what to do.
[[nodiscard]] base::Status check_descriptor_limit();

}  // namespace portwatch::app
