// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `history` and `watch` show: one line for each event.

#include <span>
#include <string>

#include "cli/render/view.h"
#include "common/model/event.h"

namespace portwatch::cli {

/// Aligned lines with headers, in the order of the events. An `opened` that continues a `closed` of the same
/// batch becomes one line, "restarted"; the other is left out. Empty for no events.
[[nodiscard]] std::string render_event_table(const View& view, std::span<const model::Event> events,
                                             bool has_headers = true);

/// One event as a line that looks the same whatever comes next; for a live view.
[[nodiscard]] std::string render_event_line(const View& view, const model::Event& event);

}  // namespace portwatch::cli
