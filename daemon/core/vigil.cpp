// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/vigil.h"

#include <algorithm>
#include <utility>

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

void Vigil::set_interval(std::optional<base::Micros> interval) {
  planned_ = std::max(planned_, interval_.value_or(base::Micros{}));
  interval_ = interval;
}

std::optional<Vigil::Standstill> Vigil::look(const model::Snapshot& snapshot) {
  std::optional<Standstill> standstill;
  const base::Micros duration =
      (snapshot.finished - snapshot.started) - (snapshot.suspended_at_finish - snapshot.suspended_at_start);
  const base::Micros planned = std::exchange(planned_, base::Micros{});
  if (interval_ && last_began_) {
    // The first look of a run reads every process; it may take its time.
    const base::Micros awake =
        last_duration_ ? (snapshot.finished - *last_began_) - (snapshot.suspended_at_finish - last_suspended_)
                       : (snapshot.started - *last_began_) - (snapshot.suspended_at_start - last_suspended_);
    const base::Micros interval = std::max(*interval_, planned);
    const base::Micros usual = interval + 2 * last_duration_.value_or(base::Micros{});
    const base::Micros patience = std::clamp(interval, kLeastPatience, kMostPatience);
    const bool is_long = duration > 2 * last_duration_.value_or(duration) + kLeastPatience / 2;
    if (awake > usual + patience)
      standstill = {.from = *last_began_,
                    .to = snapshot.finished,
                    .end = is_long ? snapshot.finished : snapshot.started};
  }
  last_began_ = snapshot.started;
  last_suspended_ = snapshot.suspended_at_start;
  last_duration_ = duration;
  return standstill;
}

}  // namespace portwatch::core
