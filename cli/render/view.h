// SPDX-License-Identifier: Apache-2.0
#pragma once

// For whom something is drawn: how wide, with colour or without, when and where.

#include <cstddef>
#include <optional>
#include <string>

#include "cli/time_zone.h"
#include "common/base/time.h"

namespace portwatch::cli {

struct View {
  std::optional<std::size_t> columns;  ///< unset: as wide as it needs, nothing is cut (a pipe or a file)
  bool has_color = false;
  base::UtcTime now;
  TimeZone zone;
  std::string home;  ///< shown as ~; empty: none
};

}  // namespace portwatch::cli
