// SPDX-License-Identifier: Apache-2.0
#pragma once

// The second schema: what is told since. Every new column may be NULL: rows of the first schema say nothing
// of it.

#include "common/base/error.h"
#include "daemon/store/database.h"

namespace portwatch::store {

/// From schema 1 to schema 2.
[[nodiscard]] base::Status migrate_to_v2(Database& database);

}  // namespace portwatch::store
