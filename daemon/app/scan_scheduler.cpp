// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/scan_scheduler.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace portwatch::app {

ScanScheduler::ScanScheduler(uv::Loop& loop, std::shared_ptr<interface::Sensor> sensor, base::Micros interval,
                             std::function<base::Moment()> clock, Callbacks callbacks)
    : sensor_(std::move(sensor)),
      clock_(std::move(clock)),
      callbacks_(std::move(callbacks)),
      cadence_(interval),
      timer_(loop, [this] { look(); }),
      work_(loop) {}

void ScanScheduler::start() {
  look();
}

void ScanScheduler::stop(std::function<void()> done) {
  is_stopping_ = true;
  timer_.stop();
  if (!is_looking_) return done();
  on_idle_ = std::move(done);
}

void ScanScheduler::set_interval(base::Micros interval) {
  if (interval == cadence_.interval() || is_stopping_) return;
  const base::Micros wait = cadence_.set_interval(interval, clock_().boot);
  if (!is_looking_) timer_.start_once(wait);
}

void ScanScheduler::use(std::shared_ptr<interface::Sensor> sensor) {
  former_ = std::exchange(sensor_, std::move(sensor));
}

void ScanScheduler::look_within(base::Micros most) {
  const base::BootTime now = clock_().boot;
  if (is_stopping_ || (wanted_at_ && *wanted_at_ <= now + most)) return;
  wanted_at_ = now + most;
  if (!is_looking_) timer_.start_once(cadence_.sooner(now, most));
}

model::ScanStatus ScanScheduler::status() const {
  model::ScanStatus status = status_;
  status.interval = cadence_.interval();
  // What waits to be taken in has ended.
  const base::Micros taken = is_looking_ && !waiting_ ? clock_().boot - started_.boot : base::Micros{};
  if (taken > kOverdue && !status.problem)
    status.problem =
        "the look that runs takes more than " + base::format_duration(kOverdue) + ", and has not ended";
  return status;
}

void ScanScheduler::look() {
  if (is_stopping_) return;
  PW_ASSERT(!is_looking_);
  is_looking_ = true;
  wanted_at_.reset();
  started_ = clock_();
  // To end a sensor may take long.
  work_.run(
      [sensor = sensor_, former = std::exchange(former_, nullptr)]() mutable {
        former.reset();
        return sensor->scan();
      },
      [this](base::Result<model::Snapshot> result) { on_result(std::move(result)); });
}

void ScanScheduler::release() {
  is_held_ = false;
  if (const auto result = std::exchange(waiting_, std::nullopt)) take_in(*result);
}

void ScanScheduler::on_result(base::Result<model::Snapshot> result) {
  const base::BootTime ended = clock_().boot;
  ++status_.count;
  status_.last_at = started_.utc;
  status_.last_duration = ended - started_.boot;
  if (is_held_)
    waiting_ = std::move(result);
  else
    take_in(result);
}

void ScanScheduler::take_in(const base::Result<model::Snapshot>& result) {
  is_looking_ = false;
  bool look_again = false;
  if (result) {
    status_.problem.reset();
    if (std::exchange(failures_, 0) > 0) callbacks_.on_recovery();
    look_again = callbacks_.on_snapshot(*result);
  } else {
    status_.problem = result.error().message;
    callbacks_.on_failure(result.error(), ++failures_);
  }
  if (is_stopping_) {
    if (on_idle_) std::exchange(on_idle_, nullptr)();
    return;
  }
  const base::BootTime now = clock_().boot;
  base::Micros wait = result ? cadence_.after_success(now, look_again) : cadence_.after_failure(now);
  if (wanted_at_) wait = std::clamp(*wanted_at_ - now, base::Micros{}, wait);
  timer_.start_once(wait);
}

}  // namespace portwatch::app
