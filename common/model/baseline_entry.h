// SPDX-License-Identifier: Apache-2.0
#pragma once

// What belongs on this machine: one service key of the baseline, and how it came to be there.

#include <array>
#include <cstdint>
#include <string>

#include "common/base/enum_names.h"
#include "common/base/time.h"
#include "common/model/identity.h"

namespace portwatch::model {

enum class BaselineOrigin : std::uint8_t {
  kFirstScan,  ///< it listened when portwatch looked for the first time
  kApproved,   ///< a person approved it
};

/// A service key that belongs here, and why.
struct BaselineEntry {
  ServiceKey service;
  std::string label;  ///< of the program, for people
  BaselineOrigin origin = BaselineOrigin::kFirstScan;
  base::UtcTime added_at;
  std::string added_by;  ///< "portwatchd" or "ana (uid 1000)"

  bool operator==(const BaselineEntry&) const = default;
};

}  // namespace portwatch::model

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::BaselineOrigin> =
    std::to_array<std::string_view>({"first-scan", "approved"});

template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::BaselineOrigin> =
    std::optional(portwatch::model::BaselineOrigin::kApproved);
