// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/age_clock.h"

namespace portwatch::store {

std::optional<base::UtcTime> AgeClock::read(base::Moment now) {
  const base::UtcTime boot_in_utc = now.to_utc(base::BootTime{});
  if (!pace_ || std::chrono::abs(boot_in_utc - pace_->boot_in_utc) > kCorrection)
    pace_ = {.boot_in_utc = boot_in_utc, .since = now.boot};
  if (now.boot - pace_->since < trial_) return std::nullopt;
  return now.utc;
}

}  // namespace portwatch::store
