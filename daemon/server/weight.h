// SPDX-License-Identifier: Apache-2.0
#pragma once

// About how many bytes a value takes as JSON, counted without making it: so pages stay small also when single
// values are large. Off by a factor of six at most, for text that is all control characters.

#include <algorithm>
#include <cstddef>

#include "common/model/event.h"

namespace portwatch::server {

[[nodiscard]] std::size_t weight(const model::Listener& listener);
/// Of one that is told in brief (model::in_brief()); and of each further one that is alike.
[[nodiscard]] std::size_t weight_in_brief(const model::Listener& listener);
inline constexpr std::size_t kWeightOfAnAlikeOne = 40;
[[nodiscard]] std::size_t weight(const model::Alert& alert);
[[nodiscard]] std::size_t weight(const model::Event& event);

/// Counts a page's values against a bound. A page holds at least one value, whatever it weighs.
class PageBudget {
 public:
  explicit PageBudget(std::size_t max_weight) : left_(max_weight) {}

  /// Whether a value of this weight still fits; counts it if it does.
  [[nodiscard]] bool take(std::size_t weight) {
    if (!is_empty_ && weight > left_) return false;
    is_empty_ = false;
    left_ -= std::min(weight, left_);
    return true;
  }

 private:
  std::size_t left_;
  bool is_empty_ = true;
};

}  // namespace portwatch::server
