// SPDX-License-Identifier: Apache-2.0
#pragma once

// One look at the whole: what a picture of the socket tables says about what is tracked.

#include <optional>
#include <unordered_set>
#include <vector>

#include "daemon/core/changes.h"
#include "daemon/core/tracker_state.h"

namespace portwatch::core {

class Look {
 public:
  Look(TrackerState& state, const model::Snapshot& snapshot, base::Moment now)
      : state_(state), snapshot_(snapshot), now_(now) {}

  /// Once.
  [[nodiscard]] Changes compare();

 private:
  void note_former_holders();
  [[nodiscard]] bool are_all_alive(const model::Listener& listener) const;
  void match();
  void mark_listed(TrackedSocket& socket, const model::Sighting& sighting);
  void supersede(TrackedSocket& socket);
  void adopt_by_inode();
  void sweep();
  [[nodiscard]] bool has_closed(TrackedSocket& socket);
  [[nodiscard]] bool is_overtaken(const model::Sighting& sighting) const;

  void welcome();
  void refresh_waiting(TrackedSocket& socket, const model::Sighting& sighting);
  void announce_waiting();
  void update_holders(TrackedSocket& socket, const model::Sighting& sighting);
  [[nodiscard]] std::optional<base::BootTime> unchanged_until(
      const TrackedSocket& socket, const std::vector<model::ProcessRef>& removed) const;
  void note_named_port(TrackedSocket& socket, const model::Sighting& sighting);

  TrackerState& state_;
  const model::Snapshot& snapshot_;
  base::Moment now_;
  Changes changes_;
  bool is_another_look_wanted_ = false;
  std::vector<const model::Sighting*> newcomers_;
  std::vector<const model::Listener*> newly_absent_;
  std::unordered_set<model::ProcessKey> alive_;  ///< those that held a socket before, and live on without it
};

}  // namespace portwatch::core
