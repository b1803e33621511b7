// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/intake.h"

#include <utility>

namespace portwatch::app {
namespace {

trace::Rules rules_of(const core::Engine::Options& options) {
  const auto& [profile, learning, scan_interval] = options;
  return {.profile = profile, .learning = learning, .look_interval = scan_interval};
}

}  // namespace

core::Effects Intake::start(trace::Began began, const core::Engine::Options& options) {
  began.at = clock_();
  began.rules = rules_of(options);
  if (recorder_) recorder_->add(began);
  return engine_.start({.version = began.version, .sensor = began.sensor.name}, began.boot_id, began.at);
}

core::Effects Intake::on_snapshot(const model::Snapshot& snapshot) {
  const base::Moment now = clock_();
  if (recorder_) recorder_->add(trace::Looked{snapshot, now});
  return engine_.on_snapshot(snapshot, now);
}

core::Effects Intake::on_observations(const std::vector<model::Observation>& told) {
  const base::Moment now = clock_();
  if (recorder_) recorder_->add(trace::Told{told, now});
  return engine_.on_observations(told, now);
}

core::Effects Intake::on_tick() {
  const base::Moment now = clock_();
  if (recorder_) recorder_->add(trace::Ticked{now});
  return engine_.on_tick(now);
}

core::Effects Intake::set_options(const core::Engine::Options& options) {
  const base::Moment now = clock_();
  if (recorder_) recorder_->add(trace::RulesChanged{rules_of(options), now});
  return engine_.set_options(options, now);
}

core::Effects Intake::stop() {
  const base::Moment now = clock_();
  if (recorder_) recorder_->add(trace::Ended{now});
  return engine_.stop(now);
}

}  // namespace portwatch::app
