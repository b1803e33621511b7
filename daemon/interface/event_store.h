// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where events become durable. The store is a projection of the event log: it keeps listeners, owners,
// baseline and alerts as the events say, so that questions are index look-ups; it decides nothing.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/model/baseline_entry.h"
#include "common/model/event.h"
#include "common/model/query.h"

namespace portwatch::interface {

/// What an earlier run left, for the core to go on from.
struct RestoredState {
  std::string host_id;  ///< 32 hex digits
  std::string epoch;    ///< 16 hex digits
  base::Seq last_seq;
  std::vector<model::ListenerRef> open_listeners;  ///< not closed; their boot may be over
  /// Closed within model::kRestartWindow before `last_alive` and not replaced since; the latest few hundred,
  /// in order of their end
  std::vector<model::ListenerRef> recently_closed;
  std::vector<model::BaselineEntry> baseline;
  std::vector<model::Alert> alerts;  ///< open, acknowledged and rejected ones
  base::AlertId last_alert_id;
  std::int64_t last_generation = 0;             ///< the highest of any listener key
  std::optional<base::UtcTime> last_alive;      ///< unset: the store is new
  std::string last_boot_id;                     ///< the boot of last_alive
  std::optional<base::UtcTime> learning_until;  ///< unset: no first scan was made yet
};

/// Stored with each group, so that a gap has a start.
struct AliveMark {
  base::UtcTime at;
  std::string boot_id;
};

/// What is old: what happened before `before`. What is said to have happened after `now` was stamped by a
/// clock that was wrong, and is as old as what stands around it.
struct AgeLimit {
  base::UtcTime before;
  base::UtcTime now;
};

/// Thread: one, the writer's. Every function blocks.
class EventWriter {
 public:
  virtual ~EventWriter() = default;

  /// Commits the events in order, in one transaction together with the mark, and fills in their `seq` and
  /// what else the store knows: OpenedDetail::replaces_seq, and the owners and the end of an alert's
  /// listener, which may be news to the alert. Also with no events: then only the mark. A group with an alert
  /// or a change of policy in it is synced to disk before this returns. Errors: nothing of the group is
  /// stored; kUnavailable (disk full, locked): the same group may be tried again; kInvalidArgument: it can
  /// never be stored.
  [[nodiscard]] virtual base::Status commit(std::span<model::Event> events, const AliveMark& mark) = 0;

  /// Deletes what is old, oldest first, at most `max_rows` rows, and gives the space back. Open listeners,
  /// the baseline and alerts that wait for a person stay. Returns how many rows went; what goes with them is
  /// not counted.
  [[nodiscard]] virtual base::Result<std::size_t> prune(const AgeLimit& age, std::size_t max_rows) = 0;
};

/// Thread: one at a time; independent of the writer (a connection of its own). Every function blocks.
class EventReader {
 public:
  virtual ~EventReader() = default;

  /// A page ends where its limit or its bytes do, and goes on behind its `next`.
  /// Errors: kInvalidArgument (a limit of 0 or above kMaxPage), kUnavailable, kCorrupt.
  [[nodiscard]] virtual base::Result<model::EventPage> events(const model::EventQuery& query) = 0;
  [[nodiscard]] virtual base::Result<model::AlertPage> alerts(const model::AlertQuery& query) = 0;
  [[nodiscard]] virtual base::Result<model::PastPage> listeners_at(const model::PastQuery& query) = 0;
};

}  // namespace portwatch::interface
