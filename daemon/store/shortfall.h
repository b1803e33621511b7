// SPDX-License-Identifier: Apache-2.0
#pragma once

// What did not fit into the queue while the store could not write. It becomes a gap, and behind the gap comes
// what the present hangs on: who listens now and did not before, who is gone, the last word on each alert,
// what joined the baseline. What came and went meanwhile is lost.

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "common/model/event.h"

namespace portwatch::store {

/// "Nobody knows what happened from the first of these to the last."
[[nodiscard]] model::Event gap_over(const std::vector<model::Event>& lost, std::string reason);

class Shortfall {
 public:
  void add(const std::vector<model::Event>& lost);

  [[nodiscard]] bool is_empty() const { return events_ == 0; }
  /// How many were added.
  [[nodiscard]] std::size_t events() const { return events_; }

  /// The gap and what follows it; then it is empty.
  [[nodiscard]] std::vector<model::Event> take();

 private:
  void keep(const model::Event& event);

  std::vector<model::Event> ends_;  ///< the earliest and the latest that were added
  std::size_t events_ = 0;
  std::uint64_t order_ = 0;
  std::map<std::uint64_t, model::Event> kept_;  ///< in the order in which they happened
  std::map<model::ListenerKey, std::uint64_t> of_listener_;
  std::map<base::AlertId, std::uint64_t> of_alert_;
};

}  // namespace portwatch::store
