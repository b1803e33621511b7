// SPDX-License-Identifier: Apache-2.0
#pragma once

// From an older schema to ours, one step at a time. A step is done whole or not at all, and is never changed
// once it was released.

#include <cstdint>
#include <span>

#include "common/base/error.h"
#include "daemon/store/database.h"

namespace portwatch::store {

/// From schema n to n + 1.
using Migration = base::Status (*)(Database& database);

/// steps[n] leads from schema n to n + 1; the last one leads to ours.
[[nodiscard]] std::span<const Migration> migrations();

/// The schema that this build reads and writes.
[[nodiscard]] std::int64_t current_schema();

/// Brings the database to schema steps.size(), each step in a transaction of its own.
/// Errors: kUnsupported (it is already beyond that), or what a step says; then the steps before it are done.
[[nodiscard]] base::Status migrate(Database& database, std::span<const Migration> steps);

}  // namespace portwatch::store
