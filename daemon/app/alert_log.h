// SPDX-License-Identifier: Apache-2.0
#pragma once

// An alert as one line of the log, in a form that other programs may rely on (portwatchd(8), "THE LOG").

#include <cstdint>
#include <string>

#include "common/model/alert.h"

namespace portwatch::app {

/// alert id=21 severity=low state=open delivery=now count=1 endpoint=127.0.0.1:62893/tcp exposure=loopback
/// program="python3 -m http.server" pid=9587 user="ana" reason="…"
///
/// Fields are only ever added, at the end. `pid` is a list with commas, or "-" when no process could be
/// named. In quotes, a quote and a backslash have a backslash before them, and what could act on a terminal
/// is written as \n, \x1b, \u202e. Several reasons are separated by "; ", the loudest first.
///
/// `passed_over`: how many changes of this alert were not logged since its last line; shown as not_logged=7
/// when there are any.
[[nodiscard]] std::string format_alert(const model::Alert& alert, std::uint64_t passed_over = 0);

}  // namespace portwatch::app
