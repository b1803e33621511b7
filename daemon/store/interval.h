// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finding the periods that hold an instant by an index, however many periods there are. A plain index on
// start or end would walk all periods on one side of the instant. So each finished period is filed under one
// number, its node: of all instants in it the one that is divisible by the highest power of two. Seen as a
// binary tree over the time axis, the node of every period that holds an instant lies on the path from the
// root to that instant, and the path has 62 nodes. (Kriegel, Pötke, Seidl: "Managing Intervals Efficiently in
// Object-Relational Databases", VLDB 2000.)

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>

#include "common/base/time.h"

namespace portwatch::store {

/// The node of a period from `begin` to just before `end`; nothing for one that holds no instant. Times
/// before 1970 count as its first microsecond.
[[nodiscard]] constexpr std::optional<std::int64_t> node_of(base::UtcTime begin, base::UtcTime end) {
  const std::int64_t first = std::max<std::int64_t>(begin.time_since_epoch().count(), 1);
  const std::int64_t last = end.time_since_epoch().count() - 1;
  if (last < first) return std::nullopt;
  const auto differ = static_cast<std::uint64_t>((first - 1) ^ last);
  const int level = static_cast<int>(std::bit_width(differ)) - 1;
  return (last >> level) << level;
}

/// Calls visit(node) for each node on the path from the root to the instant.
template <class Visit>
constexpr void walk_path(base::UtcTime instant, Visit visit) {
  const std::int64_t target = std::max<std::int64_t>(instant.time_since_epoch().count(), 1);
  std::int64_t node = std::int64_t{1} << 61U;
  std::int64_t step = node;
  visit(node);
  while (node != target && step > 1) {
    step /= 2;
    node += target < node ? -step : step;
    visit(node);
  }
}

}  // namespace portwatch::store
