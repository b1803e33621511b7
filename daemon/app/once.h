// SPDX-License-Identifier: Apache-2.0
#pragma once

// `portwatchd --once`: one look, and the answer of `portwatchctl list --json` on stdout. Nothing is stored
// and nobody is told.

#include "daemon/app/configuration.h"
#include "daemon/app/log.h"

namespace portwatch::app {

/// Gives the exit code.
[[nodiscard]] int run_once(const Configuration& configuration, Log& log);

}  // namespace portwatch::app
