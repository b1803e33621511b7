// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a sensor owes us. Read this to write one for another OS; tests/contract holds every sensor to it.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/model/observation.h"
#include "common/model/snapshot.h"
#include "common/model/status.h"

namespace portwatch::interface {

/// Tells what happens between two scans, as it happens.
class EventSource {
 public:
  virtual ~EventSource() = default;

  /// Becomes readable when something was told after may_wait() gave true. Valid as long as the source.
  [[nodiscard]] virtual int descriptor() const = 0;

  /// What was told since the last call, about `most` of it, in the order in which it happened. A scan that
  /// began at t shows all that was told to have happened before t, or what came of it. What could not be told
  /// is an ObservationsLost in its place.
  /// Thread: the loop's; does not block.
  [[nodiscard]] virtual std::vector<model::Observation> take(std::size_t most) = 0;

  /// Asks to be woken by what comes next, until take() is called. False: there is something already.
  /// Thread: the loop's.
  [[nodiscard]] virtual bool may_wait() = 0;

  /// Why it does not tell everything any more, for an administrator; nothing as long as it does. It stays so:
  /// another sensor is needed.
  /// Thread: the loop's; does not block.
  [[nodiscard]] virtual std::optional<std::string> failure() { return std::nullopt; }
};

class Sensor {
 public:
  virtual ~Sensor() = default;

  /// What it is and what it cannot see.
  /// Thread: any, also while scan() runs.
  [[nodiscard]] virtual model::SensorInfo info() const = 0;

  /// Looks at the whole machine once.
  ///
  /// Gives:    every TCP socket that listens and every UDP socket that is bound and unconnected, of each
  ///           table in `coverage.tables`, once; MPTCP folded into TCP. A table that could not be read whole
  ///           is a hole, and what was read of it may be there.
  ///           All holders that may be seen of each socket, new sockets' holders at once. A process that was
  ///           forked with a known socket is there at the latest in the second scan after it was; one that
  ///           was given the socket in another way (SCM_RIGHTS), after a bounded number of scans.
  ///           A socket of an earlier scan that is in no table now is there as Presence::kHeld while a
  ///           holder's descriptor still shows it, unless it is seen there that it does not listen.
  /// Order:    of sightings: any; of owners: by ProcessKey.
  /// Errors:   only when nothing at all could be seen; part of a failure is a hole in the coverage.
  /// Lifetime: the snapshot owns what it holds or shares it immutably.
  /// Thread:   blocking; one thread at a time, not the loop's.
  [[nodiscard]] virtual base::Result<model::Snapshot> scan() = 0;

  /// Null: this sensor only looks. Lifetime: the sensor's.
  [[nodiscard]] virtual EventSource* events() { return nullptr; }
};

}  // namespace portwatch::interface
