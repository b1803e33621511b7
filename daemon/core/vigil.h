// SPDX-License-Identifier: Apache-2.0
#pragma once

// Notices when the looks stood still although the machine ran: portwatchd was stopped, got no processor, or
// could not look. What happened in such a time happened while nobody watched.

#include <optional>

#include "common/base/time.h"
#include "common/model/snapshot.h"

namespace portwatch::core {

class Vigil {
 public:
  struct Standstill {
    base::BootTime from;  ///< when the last look before it began
    base::BootTime to;    ///< when the next one ended
    /// Somebody watches again from here on: the late look's begin, or its end when it stood still itself
    base::BootTime end;
  };

  /// Looks that follow each other at `interval`, give or take what a look takes and some seconds, are no
  /// standstill. Unset: none is ever noticed. The look that is awaited was planned by the former interval, so
  /// it may take the longer of both.
  void set_interval(std::optional<base::Micros> interval);

  /// From now on somebody looks.
  void start(base::Moment now);

  /// A look that is over.
  [[nodiscard]] std::optional<Standstill> look(const model::Snapshot& snapshot);

 private:
  std::optional<base::Micros> interval_;
  base::Micros planned_{};  ///< by which the look that is awaited was planned, when that is no more; else 0
  std::optional<base::BootTime> last_began_;
  std::optional<base::Micros> last_duration_;  ///< unset: no look was made in this run
  base::Micros last_suspended_{};
};

}  // namespace portwatch::core
