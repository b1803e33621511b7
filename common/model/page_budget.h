// SPDX-License-Identifier: Apache-2.0
#pragma once

// How much goes on one page: so many values, so many bytes, and so much looked at for it. A page goes on
// behind the last value that was dealt with, whether it is on the page or not.

#include <algorithm>
#include <cstddef>

#include "common/model/query.h"

namespace portwatch::model {

/// The first value is never refused, whatever it weighs: so pages come to an end.
class PageBudget {
 public:
  /// How many values are looked at for a page, whether they go on it or not: so a page is short work also
  /// when nothing fits.
  static constexpr std::size_t kMostLooks = kMaxPage;

  PageBudget(std::size_t limit, std::size_t max_bytes) : rows_left_(limit), bytes_left_(max_bytes) {}

  /// Whether one more value may be looked at.
  [[nodiscard]] bool look() {
    if (looks_left_ == 0) return false;
    --looks_left_;
    return true;
  }

  /// Whether a value of this weight (weight.h) still fits; counts it if it does.
  [[nodiscard]] bool take(std::size_t weight) {
    if (rows_left_ == 0 || (!is_empty_ && weight > bytes_left_)) return false;
    is_empty_ = false;
    --rows_left_;
    bytes_left_ -= std::min(weight, bytes_left_);
    return true;
  }

 private:
  std::size_t rows_left_;
  std::size_t bytes_left_;
  std::size_t looks_left_ = kMostLooks;
  bool is_empty_ = true;
};

/// Fills a page from a list: `put` deals with one value, puts it on the page or passes it over, and says no
/// when it does not fit. Returns where the next page begins; if that is not the end, it is not the first
/// value either.
template <class Place, class Put>
[[nodiscard]] Place fill_page(Place from, Place end, PageBudget& budget, Put put) {
  Place at = from;
  while (at != end && budget.look() && put(*at)) ++at;
  return at;
}

}  // namespace portwatch::model
