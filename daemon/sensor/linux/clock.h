// SPDX-License-Identifier: Apache-2.0
#pragma once

// The boot clock and UTC, read together (clock_gettime(2)).

#include "common/base/time.h"

namespace portwatch::sensor {

[[nodiscard]] base::Moment read_clocks();

/// A time that procfs gives in clock ticks since boot (proc(5), stat field 22; sysconf(_SC_CLK_TCK)).
[[nodiscard]] base::BootTime boot_time_of_ticks(std::uint64_t ticks);

}  // namespace portwatch::sensor
