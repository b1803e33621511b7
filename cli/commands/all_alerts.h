// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every alert that a question asks for, all pages joined.

#include <vector>

#include "cli/client/daemon.h"

namespace portwatch::cli {

/// Newest first. Errors: of the daemon; kCorrupt when its list has no end.
[[nodiscard]] base::Result<std::vector<model::Alert>> all_alerts(Daemon& daemon, model::AlertQuery query);

}  // namespace portwatch::cli
