// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finds a daemon that answers.

#include <vector>

#include "cli/client/daemon.h"

namespace portwatch::cli {

/// A Connector over Unix sockets.
[[nodiscard]] base::Result<FoundDaemon> connect_to_daemon(const std::vector<SocketChoice>& choices);

}  // namespace portwatch::cli
