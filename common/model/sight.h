// SPDX-License-Identifier: Apache-2.0
#pragma once

// How much of a table of sockets is seen, by what a look covered.

#include <optional>

#include "common/base/time.h"
#include "common/model/coverage.h"
#include "common/model/socket_record.h"

namespace portwatch::model {

/// The table that shows a socket.
[[nodiscard]] Table table_of(const SocketRecord& socket);

/// The same of all namespaces, where each has none of its own.
[[nodiscard]] Table table_of_all(const Table& table);

/// Read whole: what is not in it is not there.
[[nodiscard]] bool is_whole(const Coverage& coverage, const Table& table);

/// Somebody looks at it, or is told what happens there, though not always of all. Else nobody does.
[[nodiscard]] bool is_watched(const Coverage& coverage, const Table& table);

/// Listener::unwatched_since after a `coverage_changed`, as a projection of the events has it: of a listener
/// in this table that opened at `opened`, and had `before`. `last_watched`: the earliest time of the event.
[[nodiscard]] std::optional<base::UtcTime> unwatched_since(const Coverage& coverage, const Table& table,
                                                           base::UtcTime opened,
                                                           std::optional<base::UtcTime> before,
                                                           base::UtcTime last_watched);

}  // namespace portwatch::model
