// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a sensor owes us. Read this to write one for another OS; tests/contract holds every sensor to it.

#include "common/base/error.h"
#include "common/model/snapshot.h"
#include "common/model/status.h"

namespace portwatch::interface {

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
  ///           holder's descriptor still shows it.
  /// Order:    of sightings: any; of owners: by ProcessKey.
  /// Errors:   only when nothing at all could be seen; part of a failure is a hole in the coverage.
  /// Lifetime: the snapshot owns what it holds or shares it immutably.
  /// Thread:   blocking; one thread at a time, not the loop's.
  [[nodiscard]] virtual base::Result<model::Snapshot> scan() = 0;
};

}  // namespace portwatch::interface
