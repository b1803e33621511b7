// SPDX-License-Identifier: Apache-2.0
#pragma once

// The folder that the socket lies in: who may write there could put a socket of his own in the place of ours.

#include <filesystem>

#include "common/base/error.h"
#include "daemon/server/audience.h"

namespace portwatch::server {

/// Makes the folder of `socket`, and those above it that are missing, with 0700 or, when everybody may
/// connect, 0755; or checks the one that is there. It must be ours or root's, and nobody else may be able to
/// write to it, unless it is shared with the sticky bit (/tmp): what lies there is never followed or
/// replaced. The way to it must be as safe (platform::check_way_to()). Errors: kPermissionDenied,
/// kInvalidArgument, or what the system said.
[[nodiscard]] base::Status prepare_socket_folder(const std::filesystem::path& socket, Audience audience);

}  // namespace portwatch::server
