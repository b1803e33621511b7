// SPDX-License-Identifier: Apache-2.0
#pragma once

// A time as a person writes it after --since, --until and --at.

#include <string_view>

#include "cli/time_zone.h"
#include "common/base/error.h"

namespace portwatch::cli {

/// Reads RFC 3339 ("2026-11-21T12:30:00Z"), local dates and times ("2026-11-21", "2026-11-21 12:30",
/// "yesterday 14:05"), "12:30" and "12:30:15" (the last time it was that), "now", "today" and "yesterday"
/// (their beginning), and how long ago
/// ("10m", "2h", "2h ago").
/// Errors: kInvalidArgument with a message that shows what is allowed.
[[nodiscard]] base::Result<base::UtcTime> parse_time(std::string_view text, base::UtcTime now,
                                                     const TimeZone& zone);

}  // namespace portwatch::cli
