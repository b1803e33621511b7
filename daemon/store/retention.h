// SPDX-License-Identifier: Apache-2.0
#pragma once

// Forgetting what is old, a little at a time, so that the writer is never long away from its queue.

#include <cstddef>

#include "common/base/error.h"
#include "daemon/interface/event_store.h"
#include "daemon/store/database.h"

namespace portwatch::store {

/// Deletes, oldest first: events up to the first one that is young (what is left of the log has no holes),
/// approved alerts last seen before the limit, then closed listeners that no event and no alert speaks of any
/// more, with the processes, assessments, services and strings that only they used. Returns how many events,
/// alerts and listeners went: at most `max_rows`; fewer: nothing is left to delete. Each time go also, at
/// most as many again, owners who let go of an open listener before the first event that is left. Gives freed
/// pages back to the file system.
[[nodiscard]] base::Result<std::size_t> prune_database(Database& database, const interface::AgeLimit& age,
                                                       std::size_t max_rows);

}  // namespace portwatch::store
