// SPDX-License-Identifier: Apache-2.0
#pragma once

// Turns pictures of the socket tables into listening periods: who opened, who closed, whose holders changed.
//
// A picture is never the whole truth. A dump can be torn, a table unreadable, a process gone while it was
// looked at. So a listener that one look misses is looked for again before it counts as closed, a table that
// was not read changes nothing, and a newcomer that nobody can be named for yet, or that may be the restart
// of one just missed, is held back for one more look before it is announced.

#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/model/listener.h"
#include "common/model/snapshot.h"

namespace portwatch::core {

/// What one look changed. Listeners in `opened`, `held` and `owner_changed` are the tracker's own, not yet
/// seen by anybody: the caller fills in the verdict before it hands them on. All lists are in order of
/// generation.
struct Observation {
  struct Opened {
    std::shared_ptr<model::Listener> listener;
    bool is_first_scan = false;  ///< it was there when its table was looked at for the first time ever
    bool is_over = false;        ///< it is in `closed` as well: it opened first
  };
  struct OwnerChanged {
    std::shared_ptr<model::Listener> listener;
    model::ListenerRef before;
    model::EventTime time;
    std::vector<model::ProcessRef> added;
    std::vector<model::ProcessRef> removed;
  };

  std::vector<model::ListenerRef> closed;
  std::vector<Opened> opened;
  std::vector<OwnerChanged> owner_changed;
  std::vector<std::shared_ptr<model::Listener>>
      held;  ///< newcomers that wait for another look; listed already
  bool look_again = false;
};

class Tracker {
 public:
  /// What an earlier run left.
  struct Past {
    std::vector<model::ListenerRef> open_listeners;
    std::int64_t last_generation = 0;
    std::optional<base::UtcTime> last_alive;
    bool had_first_scan = false;
  };

  explicit Tracker(Past past);
  ~Tracker();
  Tracker(Tracker&&) noexcept;
  Tracker& operator=(Tracker&&) noexcept;

  /// Once, before the first look. Listeners of another boot are closed, within the gap, and come back from
  /// here.
  [[nodiscard]] std::vector<model::ListenerRef> start(const std::string& boot_id, base::Moment now);

  /// Nobody watched until then: what the look after it, or one that was under way, finds to have changed
  /// since the look before, changed at a time that nobody knows. Before observe().
  void note_standstill(base::BootTime until);

  [[nodiscard]] Observation observe(const model::Snapshot& snapshot, base::Moment now);

  /// Turns the verdict of all listeners of a service. Returns how many those are.
  std::size_t set_verdict(const model::ServiceKey& service, model::Verdict verdict);

  /// The listener as it is now; null when it is closed.
  [[nodiscard]] model::ListenerRef find(const model::ListenerKey& key) const;

  /// Who listens now, without those that still wait to be announced; by generation.
  [[nodiscard]] std::vector<model::ListenerRef> announced() const;
  /// The highest that was given.
  [[nodiscard]] std::int64_t last_generation() const;

  /// How many listen now.
  [[nodiscard]] std::size_t count() const;

  /// Who listens now, sorted by port, protocol, address, then key. Valid until the next change.
  [[nodiscard]] const std::vector<model::ListenerRef>& listeners() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portwatch::core
