// SPDX-License-Identifier: Apache-2.0
#pragma once

// Turns pictures of the socket tables, and what a sensor tells between them, into listening periods: who
// opened, who closed, whose holders changed.
//
// A picture is never the whole truth. A dump can be torn, a table unreadable, a process gone while it was
// looked at. So a listener that one look misses is looked for again before it counts as closed, a table that
// was not read changes nothing, and a newcomer that nobody can be named for yet, or that may be the restart
// of one just missed, is held back for one more look before it is announced. What a sensor tells is a fact:
// it counts at once, and a look that began before it cannot contradict it.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/model/listener.h"
#include "common/model/observation.h"
#include "common/model/snapshot.h"
#include "daemon/core/changes.h"

namespace portwatch::core {

struct TrackerState;

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

  /// What listens where nobody looks any more.
  struct Unwatched {
    std::set<model::Table> tables;  ///< of all namespaces (number 0): those that have no table of their own
    std::optional<base::UtcTime> since;  ///< until then the last of them was watched
  };
  /// Marks who is not seen by a look that covers this much, nor told about. Before observe().
  [[nodiscard]] Unwatched mark_unwatched(const model::Coverage& coverage, base::Moment now);

  [[nodiscard]] Changes observe(const model::Snapshot& snapshot, base::Moment now);

  /// A period that began or ended just now. After the first look; in the order in which they happened.
  [[nodiscard]] Changes observe(const model::SocketOpened& opened, const model::HostFacts& host,
                                base::Moment now);
  [[nodiscard]] Changes observe(const model::SocketClosed& closed, base::Moment now);
  /// Before what closed because of it.
  void note_end(const model::ProcessEnd& end);

  /// What was wanted, as a listener that did not come to be: opened and closed when it was refused. Nothing
  /// here changes but the generation.
  [[nodiscard]] std::shared_ptr<model::Listener> describe_wish(const model::WishRefused& refused,
                                                               const model::HostFacts& host,
                                                               base::Moment now);

  /// Turns the verdict of all listeners of a service. Returns how many those are.
  std::size_t set_verdict(const model::ServiceKey& service, model::Verdict verdict);

  /// The listener as it is now; null when it is closed.
  [[nodiscard]] model::ListenerRef find(const model::ListenerKey& key) const;
  /// Whoever listens by this socket now; null: nobody.
  [[nodiscard]] model::ListenerRef find(base::Netns netns, const model::SocketId& socket) const;

  /// Who listens now, without those that still wait to be announced; by generation.
  [[nodiscard]] std::vector<model::ListenerRef> announced() const;
  /// The highest that was given.
  [[nodiscard]] std::int64_t last_generation() const;

  /// How many listen now.
  [[nodiscard]] std::size_t count() const;

  /// Who listens now, sorted by port, protocol, address, then key. Valid until the next change.
  [[nodiscard]] const std::vector<model::ListenerRef>& listeners() const;

 private:
  std::unique_ptr<TrackerState> state_;
};

}  // namespace portwatch::core
