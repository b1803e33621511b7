// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who was listening at a time in the past.

#include <vector>

#include "common/base/error.h"
#include "common/model/query.h"
#include "daemon/store/database.h"

namespace portwatch::store {

/// The periods with opened.at <= at < closed.at, with the owners and the assessment that they had after the
/// last event that is not later, and with their end as it is known by now. By port, then in the order in
/// which they opened; a page of them. Inside a read transaction.
[[nodiscard]] base::Result<model::PastPage> past_listeners(Database& database, const model::PastQuery& query);

}  // namespace portwatch::store
