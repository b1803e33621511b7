// SPDX-License-Identifier: Apache-2.0
#pragma once

// Forgetting what is old, a little at a time, so that the writer is never long away from its queue.

#include <cstddef>

#include "common/base/error.h"
#include "common/base/time.h"
#include "daemon/store/database.h"

namespace portwatch::store {

/// Deletes, oldest first: events up to the first one that is not older than `before` (what is left of the log
/// has no holes), approved alerts last seen before it, then closed listeners that no event and no alert
/// speaks of any more, with the processes, assessments, services and strings that only they used. Gives freed
/// pages back to the file system. Returns how many events, alerts and listeners went: at most `max_rows`;
/// fewer: nothing is left to delete.
[[nodiscard]] base::Result<std::size_t> prune_database(Database& database, base::UtcTime before,
                                                       std::size_t max_rows);

}  // namespace portwatch::store
