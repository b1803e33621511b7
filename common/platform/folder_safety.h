// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a folder stays the folder that it is. Its own owner and mode are not enough: whoever may rename a
// folder above it, or turn a symbolic link on the way to it, puts another one in its place.

#include <filesystem>

#include "common/base/error.h"

namespace portwatch::platform {

/// Follows the way to a folder that is there, through symbolic links: each folder and each link on it must
/// belong to root or to the user that we run as, and not everybody may be able to write to a folder, unless
/// it has the sticky bit (/tmp). A group that may is the administrator's business. Errors: kPermissionDenied,
/// with the step that is at fault and what to do; or what the system said.
[[nodiscard]] base::Status check_way_to(const std::filesystem::path& folder);

}  // namespace portwatch::platform
