// SPDX-License-Identifier: Apache-2.0
#pragma once

// Events stand in the order in which they were stored, which is only nearly the order of their times: clocks
// are set, and what opened in a gap is dated later than it was. So for each block of consecutive events the
// earliest and latest time is kept, and a question about a stretch of time looks at those blocks alone that
// can hold an answer.

#include <cstdint>
#include <optional>
#include <span>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/model/event.h"
#include "daemon/store/database.h"

namespace portwatch::store {

inline constexpr std::int64_t kEventsPerBlock = 1024;

/// Inclusive on both sides; empty when last < first.
struct SeqRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// Notes the times of events that have their seqs.
[[nodiscard]] base::Status note_times(Database& database, std::span<const model::Event> events);

/// Where the events of [since, until) can be.
[[nodiscard]] base::Result<SeqRange> range_of(Database& database, std::optional<base::UtcTime> since,
                                              std::optional<base::UtcTime> until);

}  // namespace portwatch::store
