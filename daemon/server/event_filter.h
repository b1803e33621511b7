// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether an event meets a query's conditions, as the store decides it: for events that are told live, and
// for those of which the viewer may not see everything.

#include "common/model/event.h"
#include "common/model/query.h"

namespace portwatch::server {

/// All conditions but `after`, `limit` and the order. Conditions on a listener are not met by events that are
/// about none.
[[nodiscard]] bool matches(const model::EventQuery& query, const model::Event& event);

}  // namespace portwatch::server
