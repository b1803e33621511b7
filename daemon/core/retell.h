// SPDX-License-Identifier: Apache-2.0
#pragma once

// Telling an empty store what is remembered, so that its log is the whole truth again.

#include <vector>

#include "daemon/core/engine.h"

namespace portwatch::core {

/// What belongs here, who listens and each alert, in events that lead there; open alerts are raised.
[[nodiscard]] std::vector<model::Event> retell(const Memory& memory, base::Moment now);

}  // namespace portwatch::core
