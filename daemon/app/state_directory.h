// SPDX-License-Identifier: Apache-2.0
#pragma once

// The folder of the database. What is in it is private and decides what counts as known, so it must belong to
// us: whoever could write there could plant a baseline.

#include <filesystem>

#include "common/base/error.h"

namespace portwatch::app {

/// Makes the folder of the database, mode 0700 (and the folders above it that are missing), or checks the one
/// that is there: a folder, not a symbolic link, owned by the user we run as, not writable by others, and on
/// a way that nobody else can turn (platform::check_way_to()). Gives its absolute path. Errors:
/// kPermissionDenied, kInvalidArgument; the message says what to do.
[[nodiscard]] base::Result<std::filesystem::path> prepare_state_directory(const std::filesystem::path& path);

}  // namespace portwatch::app
