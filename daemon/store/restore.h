// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an earlier run left in the database, for the core to go on from; and who the database is.

#include <optional>
#include <string>

#include "common/base/error.h"
#include "daemon/interface/event_store.h"
#include "daemon/store/database.h"

namespace portwatch::store {

/// Gives a new database its host id and epoch, and both anew to one that was copied from another machine: one
/// whose machine hash is known, on both sides, and different.
[[nodiscard]] base::Status settle_identity(Database& database,
                                           const std::optional<std::string>& machine_hash);

[[nodiscard]] base::Result<interface::RestoredState> restore(Database& database);

}  // namespace portwatch::store
