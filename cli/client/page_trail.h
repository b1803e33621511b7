// SPDX-License-Identifier: Apache-2.0
#pragma once

// From page to page. Who answers is not trusted to come to an end: where places can be compared, each page
// must lead further; where they cannot, it must hold something, and all of them together not more than a
// machine can have.

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "common/base/error.h"

namespace portwatch::cli {

template <class Place>
class PageTrail {
 public:
  /// Where places cannot be compared. More than a machine has ports, addresses and protocols for.
  static constexpr std::size_t kMostRows = 1'000'000;

  using IsFurther = bool (*)(const Place& next, const Place& after);

  /// `what` is read, from `after` on. Without `is_further` places cannot be compared.
  PageTrail(std::string what, std::optional<Place> after, IsFurther is_further = nullptr)
      : what_(std::move(what)), after_(std::move(after)), is_further_(is_further) {}

  /// A page held so many rows and says where the next one begins; nothing: it was the last one.
  /// Errors: kCorrupt: it leads nowhere.
  [[nodiscard]] base::Status go_on(const std::optional<Place>& next, std::size_t rows) {
    rows_ += rows;
    const bool leads_on = is_further_ != nullptr ? !after_ || !next || is_further_(*next, *after_)
                                                 : !next || (rows > 0 && rows_ <= kMostRows);
    if (!leads_on)
      return base::fail(base::ErrorCode::kCorrupt, fmt::format("portwatchd's {} has no end", what_));
    after_ = next;
    return {};
  }

  /// Where the next page begins; nothing when there is none.
  [[nodiscard]] const std::optional<Place>& after() const { return after_; }

 private:
  std::string what_;
  std::optional<Place> after_;
  IsFurther is_further_;
  std::size_t rows_ = 0;
};

}  // namespace portwatch::cli
