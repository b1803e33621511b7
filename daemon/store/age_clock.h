// SPDX-License-Identifier: Apache-2.0
#pragma once

// The time by which ages are counted before something is deleted for its age. A wall clock can be set, by
// hand or by a server that is wrong, and a year ahead for a minute must not cost the history; so it is
// believed only after it has kept pace with the boot clock for a while. Pure.

#include <optional>

#include "common/base/time.h"

namespace portwatch::store {

class AgeClock {
 public:
  /// A clock that is off by less than this was corrected, not set.
  static constexpr base::Micros kCorrection = std::chrono::minutes{5};

  /// `trial`: how long a clock must have kept pace.
  explicit AgeClock(base::Micros trial) : trial_(trial) {}

  /// Nothing: the clock was set, or we have just begun. Call it often: a clock that is set and set back
  /// between two calls is not noticed.
  [[nodiscard]] std::optional<base::UtcTime> read(base::Moment now);

 private:
  struct Pace {
    base::UtcTime boot_in_utc;  ///< when the machine booted, by the wall clock
    base::BootTime since;
  };

  base::Micros trial_;
  std::optional<Pace> pace_;
};

}  // namespace portwatch::store
