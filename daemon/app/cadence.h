// SPDX-License-Identifier: Apache-2.0
#pragma once

// When to look next. Pure: it is told the time. The looks keep their beat however long one takes; a beat that
// was missed is left out, not made up for; a look that failed is tried again later and later.

#include "common/base/time.h"

namespace portwatch::app {

class Cadence {
 public:
  /// How soon after a look that missed something the next one comes: time enough for the kernel to move a
  /// socket that a dump has passed by.
  static constexpr base::Micros kLookAgainDelay = std::chrono::milliseconds{20};
  /// How many looks may follow a regular one out of turn. Without a bound a machine with many short listeners
  /// would be looked at all the time.
  static constexpr int kMaxLooksAgain = 2;
  static constexpr base::Micros kLongestBackoff = std::chrono::seconds{60};

  explicit Cadence(base::Micros interval) : interval_(interval) {}

  /// After a look: how long to wait for the next one.
  [[nodiscard]] base::Micros after_success(base::BootTime now, bool look_again);
  [[nodiscard]] base::Micros after_failure(base::BootTime now);

  /// Between two looks: how long to wait for one that is wanted within `most`, when the next beat is later.
  /// The beat stays.
  [[nodiscard]] base::Micros sooner(base::BootTime now, base::Micros most) const;

  /// The new beat starts now. Gives how long to wait for the next look.
  [[nodiscard]] base::Micros set_interval(base::Micros interval, base::BootTime now);

  [[nodiscard]] base::Micros interval() const { return interval_; }

 private:
  base::Micros until_next_beat(base::BootTime now);

  base::Micros interval_;
  base::BootTime next_beat_{};  ///< the epoch: no beat was kept yet
  int looks_again_ = 0;
  int failures_ = 0;
};

}  // namespace portwatch::app
