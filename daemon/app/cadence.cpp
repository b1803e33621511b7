// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/cadence.h"

#include <algorithm>

namespace portwatch::app {

base::Micros Cadence::after_success(base::BootTime now, bool look_again) {
  failures_ = 0;
  if (look_again && looks_again_ < kMaxLooksAgain) {
    ++looks_again_;
    return std::min(kLookAgainDelay, interval_);
  }
  looks_again_ = 0;
  return until_next_beat(now);
}

base::Micros Cadence::after_failure(base::BootTime now) {
  looks_again_ = 0;
  const base::Micros longest = std::max(kLongestBackoff, interval_);
  base::Micros delay = interval_;
  for (int i = 0; i < failures_ && delay < longest; ++i) delay *= 2;
  ++failures_;
  next_beat_ = now + std::min(delay, longest);
  return next_beat_ - now;
}

base::Micros Cadence::sooner(base::BootTime now, base::Micros most) const {
  return std::clamp(next_beat_ - now, base::Micros{}, most);
}

base::Micros Cadence::set_interval(base::Micros interval, base::BootTime now) {
  interval_ = interval;
  next_beat_ = now + interval;
  return interval;
}

base::Micros Cadence::until_next_beat(base::BootTime now) {
  if (next_beat_ == base::BootTime{}) next_beat_ = now;
  if (next_beat_ <= now) {
    const auto missed = (now - next_beat_) / interval_;
    next_beat_ += interval_ * (missed + 1);
  }
  return next_beat_ - now;
}

}  // namespace portwatch::app
