// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one way of what was seen into the core: each piece is stamped with the time at which it goes in and,
// if somebody asked for it, recorded with it. What people decide goes another way (alert_commands.h) and is
// in no recording. Thread: the loop's, for all of it.

#include <functional>
#include <memory>
#include <span>

#include "daemon/app/trace_recorder.h"
#include "daemon/core/engine.h"
#include "daemon/trace/record.h"

namespace portwatch::app {

class Intake {
 public:
  /// `recorder`: null: nothing is recorded. The engine must outlive this.
  Intake(core::Engine& engine, std::function<base::Moment()> clock, std::unique_ptr<TraceRecorder> recorder)
      : engine_(engine), clock_(std::move(clock)), recorder_(std::move(recorder)) {}

  /// Once, first; `began.at` and `began.rules` are filled in here.
  [[nodiscard]] core::Effects start(trace::Began began, const core::Engine::Options& options);
  [[nodiscard]] core::Effects on_snapshot(const model::Snapshot& snapshot);
  [[nodiscard]] core::Effects on_observations(const std::vector<model::Observation>& told);
  [[nodiscard]] core::Effects on_tick();
  [[nodiscard]] core::Effects set_options(const core::Engine::Options& options);
  /// Once, last.
  [[nodiscard]] core::Effects stop();

 private:
  core::Engine& engine_;
  std::function<base::Moment()> clock_;
  std::unique_ptr<TraceRecorder> recorder_;
};

}  // namespace portwatch::app
