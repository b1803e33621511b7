// SPDX-License-Identifier: Apache-2.0
#pragma once

// The only place where the daemon reads a clock. Everything else is told what time it is.

#include "common/base/time.h"

namespace portwatch::app {

/// CLOCK_BOOTTIME, CLOCK_REALTIME and CLOCK_MONOTONIC (clock_gettime(2)), read one right after the other.
/// Thread: any.
[[nodiscard]] base::Moment read_moment();

/// Never jumps and does not count suspended time: for deadlines.
[[nodiscard]] base::Micros read_monotonic();

}  // namespace portwatch::app
