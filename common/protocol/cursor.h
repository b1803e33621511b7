// SPDX-License-Identifier: Apache-2.0
#pragma once

// A place in the event log. Clients keep the text and must not look into it.

#include <optional>
#include <string>
#include <string_view>

#include "common/base/strong_type.h"

namespace portwatch::protocol {

struct Cursor {
  std::string epoch;  ///< 16 hex digits: which log. A replaced or restored store starts another one
  base::Seq seq;      ///< the event that was seen last; 0: none yet

  /// "fedcba9876543210.42"
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] static std::optional<Cursor> parse(std::string_view text);

  bool operator==(const Cursor&) const = default;
};

}  // namespace portwatch::protocol
