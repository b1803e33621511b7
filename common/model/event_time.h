// SPDX-License-Identifier: Apache-2.0
#pragma once

// When something happened, and how exactly we know.

#include <array>
#include <cstdint>
#include <optional>

#include "common/base/enum_names.h"
#include "common/base/time.h"

namespace portwatch::model {

enum class Precision : std::uint8_t {
  kExact,  ///< an event of the OS, or of our own
  kPoll,   ///< between two looks, one poll interval apart
  kGap,    ///< at some time while nobody was watching
};

struct EventTime {
  base::UtcTime at;                       ///< the latest it can have been: when it was seen
  std::optional<base::UtcTime> earliest;  ///< the earliest it can have been; unset for exact
  base::BootTime boot;                    ///< `at` in the boot clock, as stamped
  Precision precision = Precision::kExact;

  bool operator==(const EventTime&) const = default;
};

}  // namespace portwatch::model

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::Precision> =
    std::to_array<std::string_view>({"exact", "poll", "gap"});
