// SPDX-License-Identifier: Apache-2.0
#pragma once

// What FalseWorld and the library that it preloads share: in a file that both map.

#include <atomic>
#include <cstdint>

namespace portwatch::test {

struct FalseWorldPage {
  std::atomic<std::int64_t> wall_clock_us;  ///< added to CLOCK_REALTIME
  std::atomic<std::int64_t> boot_clock_us;  ///< added to CLOCK_BOOTTIME: as if the machine had slept
  std::atomic<int> write_errno;             ///< what pwrite(2) fails with; 0: it does not
};

inline constexpr const char* kFalseWorldVariable = "PW_FALSE_WORLD_PAGE";

}  // namespace portwatch::test
