// SPDX-License-Identifier: Apache-2.0
#pragma once

// The detail of a bind_conflict as fields; SCHEMA.md names them.

#include "common/model/conflict.h"
#include "daemon/store/fields.h"

namespace portwatch::store {

void put(FieldWriter& out, const model::ConflictDetail& detail);
/// Whether it could be read whole is asked of `in`.
[[nodiscard]] model::ConflictDetail read_conflict(FieldReader& in);

}  // namespace portwatch::store
