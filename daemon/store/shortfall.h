// SPDX-License-Identifier: Apache-2.0
#pragma once

// What did not fit into the queue while the store could not write. It becomes a gap, and behind the gap comes
// what the present hangs on: who listens now and did not before, who is gone, the last word on each alert and
// the end of the listener that it is about, what joined the baseline, what could be seen last. What came and
// went meanwhile is lost. So it grows with what there is, however much happens.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
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
  using Place = std::uint64_t;

  void note_listener(const model::Alert& alert);
  void keep(const model::Event& event);
  void drop(const model::ListenerKey& key);

  std::vector<model::Event> ends_;  ///< the earliest and the latest that were added
  std::size_t events_ = 0;
  Place next_place_ = 0;
  std::map<Place, model::Event> kept_;  ///< in the order in which they happened
  std::map<model::ListenerKey, Place> of_listener_;
  std::map<base::AlertId, Place> of_alert_;
  std::map<model::EventKind, Place> of_kind_;  ///< of which there is one: coverage, policy
  /// What all changes of policy added. The one that is kept gets it in the end.
  std::map<model::ServiceKey, model::BaselineEntry> learned_;
  std::optional<base::UtcTime> learning_until_;
  std::map<base::AlertId, model::ListenerKey> listener_of_;  ///< by the last word on each alert
  std::multiset<model::ListenerKey> named_;                  ///< the same listeners
  std::set<model::ListenerKey> passed_;  ///< came and went, and an alert names them: only their end is kept
};

}  // namespace portwatch::store
