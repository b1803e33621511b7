// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/vigil.h"

#include <algorithm>

namespace portwatch::core {
namespace {

/// A busy machine keeps us waiting, and that is no news: as long as the interval, but between these.
constexpr base::Micros kLeastPatience = std::chrono::seconds{2};
constexpr base::Micros kMostPatience = std::chrono::minutes{1};

}  // namespace

void Vigil::start(base::Moment now) {
  last_began_ = now.boot;
  last_duration_.reset();
  last_suspended_ = now.suspended;
}

std::optional<Vigil::Standstill> Vigil::look(const model::Snapshot& snapshot, base::Moment now) {
  std::optional<Standstill> standstill;
  if (interval_ && last_began_) {
    // The first look of a run reads every process; it may take its time.
    const base::Micros passed =
        last_duration_ ? snapshot.finished - *last_began_ : snapshot.started - *last_began_;
    const base::Micros awake = passed - (now.suspended - last_suspended_);
    const base::Micros usual = *interval_ + 2 * last_duration_.value_or(base::Micros{});
    if (awake > usual + std::clamp(*interval_, kLeastPatience, kMostPatience))
      standstill = {.from = *last_began_, .to = snapshot.finished};
  }
  last_began_ = snapshot.started;
  last_duration_ = snapshot.finished - snapshot.started;
  last_suspended_ = now.suspended;
  return standstill;
}

}  // namespace portwatch::core
