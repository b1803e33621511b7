// SPDX-License-Identifier: Apache-2.0
#pragma once

// A set of code points as a sorted table of ranges without overlap.

#include <algorithm>
#include <array>
#include <cstddef>

namespace portwatch::base {

struct CodePointRange {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
[[nodiscard]] bool is_in(const std::array<CodePointRange, N>& ranges, char32_t code_point) {
  const auto* range = std::ranges::lower_bound(ranges, code_point, {}, &CodePointRange::last);
  return range != ranges.end() && code_point >= range->first;
}

}  // namespace portwatch::base
