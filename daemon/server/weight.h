// SPDX-License-Identifier: Apache-2.0
#pragma once

// About how many bytes a value takes as JSON, counted without making it: so pages stay small also when single
// values are large. Off by a factor of six at most, for text that is all control characters.

#include <cstddef>

#include "common/model/event.h"

namespace portwatch::server {

[[nodiscard]] std::size_t weight(const model::Listener& listener);
[[nodiscard]] std::size_t weight(const model::Alert& alert);
[[nodiscard]] std::size_t weight(const model::Event& event);

/// What one page may weigh. A page holds at least one value, whatever it weighs.
inline constexpr std::size_t kMaxPageWeight = 1U << 20U;

/// Counts a page's values against kMaxPageWeight.
class PageBudget {
 public:
  /// Whether a value of this weight still fits; counts it if it does.
  [[nodiscard]] bool take(std::size_t weight) {
    if (used_ > 0 && used_ + weight > kMaxPageWeight) return false;
    used_ += weight;
    return true;
  }

 private:
  std::size_t used_ = 0;
};

}  // namespace portwatch::server
