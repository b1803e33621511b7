// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a process ended, from its status as wait(2) gives it. Pure.

#include <cstdint>
#include <string>

#include "common/model/ending.h"

namespace portwatch::sensor {

/// "SIGKILL"; "SIGRTMIN+2" for one of those without a name of its own (signal(7)).
[[nodiscard]] std::string signal_name(int number);

[[nodiscard]] model::Ending ending_of(std::int32_t wait_status, base::Pid pid);

}  // namespace portwatch::sensor
