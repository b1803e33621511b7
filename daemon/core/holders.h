// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who has an address that somebody else wanted: what a sensor saw, put together with the listeners that are
// known.

#include "common/model/conflict.h"
#include "common/model/observation.h"
#include "daemon/core/tracker.h"

namespace portwatch::core {

/// The detail of one refusal.
[[nodiscard]] model::ConflictDetail describe_conflict(const model::WishRefused& refused,
                                                      const model::Listener& wanted, const Tracker& tracker);

}  // namespace portwatch::core
