// SPDX-License-Identifier: Apache-2.0
#pragma once

// The first schema: every table, index and trigger, as SCHEMA.md explains them.

#include "common/base/error.h"
#include "daemon/store/database.h"

namespace portwatch::store {

/// From an empty database to schema 1.
[[nodiscard]] base::Status migrate_to_v1(Database& database);

}  // namespace portwatch::store
