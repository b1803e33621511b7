// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which process listens at the other end of a connection, for a word about a daemon that does not answer.

#include <optional>

#include "common/base/strong_type.h"
#include "common/platform/native_handle.h"

namespace portwatch::cli {

/// Nothing when the system does not say, or the process is in another pid namespace.
[[nodiscard]] std::optional<base::Pid> peer_pid(platform::NativeHandle connection);

}  // namespace portwatch::cli
