// SPDX-License-Identifier: Apache-2.0
#pragma once

// The folders that the daemon lives in. What is in them is private and decides what counts as known, so they
// must belong to us: whoever could write there could plant a baseline.

#include <filesystem>

#include "common/base/error.h"

namespace portwatch::app {

/// Makes the folder of the database, mode 0700 (and the folders above it that are missing), or checks the one
/// that is there: a folder, not a symbolic link, owned by the user we run as, not writable by others. Gives
/// its absolute path. Errors: kPermissionDenied, kInvalidArgument; the message says what to do.
[[nodiscard]] base::Result<std::filesystem::path> prepare_state_directory(const std::filesystem::path& path);

/// The same for the folder of the socket: made with mode 0700, or 0755 when everybody may connect. One that
/// is there may also be root's, and in a shared folder with the sticky bit (/tmp) no further check is made:
/// the server never follows or replaces what is not its own socket.
[[nodiscard]] base::Status prepare_socket_directory(const std::filesystem::path& socket,
                                                    bool is_for_everybody);

}  // namespace portwatch::app
