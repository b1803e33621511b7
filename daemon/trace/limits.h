// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a trace may hold: the writer stops where the reader would not go on. Within these no calculation with
// times overflows.

#include <cstddef>
#include <cstdint>

#include "common/base/time.h"

namespace portwatch::trace {

/// Of a line, in bytes.
inline constexpr std::size_t kMaxLine = std::size_t{8} << 20U;
/// Levels of nesting in a line.
inline constexpr std::size_t kMaxDepth = 16;
/// Sockets in a look.
inline constexpr std::uint64_t kMaxSightings = 1'000'000;
/// Of the boot clock, of a time of suspension and of a rule: 31 years.
inline constexpr base::Micros kLongest{1'000'000'000'000'000};
/// Of the names of boots and machines, in bytes.
inline constexpr std::size_t kMaxName = 64;

}  // namespace portwatch::trace
