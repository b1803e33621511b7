// SPDX-License-Identifier: Apache-2.0
#pragma once

// A trace goes into the core as it did when it was recorded: as fast as it can be taken in, with the times
// that it tells. Neither a sensor nor a clock of this machine has a part in it.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "common/base/error.h"
#include "common/uv/timer.h"
#include "daemon/core/engine.h"
#include "daemon/interface/sensor.h"
#include "daemon/trace/source.h"

namespace portwatch::app {

/// What one record does in the core. Began must be the first, and its rules those of the engine.
[[nodiscard]] core::Effects replay(core::Engine& engine, const trace::Record& record);

[[nodiscard]] core::Engine::Options options_of(const trace::Rules& rules);

/// Says what the sensor was that the trace tells of; it looks at nothing.
[[nodiscard]] std::shared_ptr<interface::Sensor> make_replayed_sensor(const trace::Began& began);

/// The time of the record that was taken in last. Thread: any.
class ReplayedClock {
 public:
  explicit ReplayedClock(base::Moment now) : now_(now) {}
  [[nodiscard]] base::Moment read() const;
  void set(base::Moment now);

 private:
  mutable std::mutex mutex_;
  base::Moment now_;
};

/// Takes a trace in, a record in each round of the loop. Thread: the loop's, for all of it.
class Replay {
 public:
  struct Callbacks {
    std::function<void(core::Effects effects)> on_effects;
    /// Whether more can be taken in now.
    std::function<bool()> has_room;
    /// Whether what came of it is stored.
    std::function<bool()> is_settled;
    /// Once: all of it was taken in and stored, or what is wrong with it.
    std::function<void(base::Status ended)> on_end;
  };

  Replay(uv::Loop& loop, core::Engine& engine, trace::Source& source, std::shared_ptr<ReplayedClock> clock,
         Callbacks callbacks);

  /// Starts the core.
  void start();
  void stop() { next_.stop(); }

  /// As of a sensor's looks: those that were taken in, and why there are no more.
  [[nodiscard]] model::ScanStatus status() const { return status_; }

 private:
  void take_one();
  void take_in(const trace::Record& record);

  core::Engine& engine_;
  trace::Source& source_;
  std::shared_ptr<ReplayedClock> clock_;
  Callbacks callbacks_;
  model::ScanStatus status_;
  std::optional<trace::Record> waiting_;  ///< a look, until what came before it is stored
  bool is_over_ = false;
  uv::Timer next_;
};

/// The whole of a trace: each event as a line of JSON on stdout, nothing is stored. Gives the exit code.
[[nodiscard]] int replay_to_stdout(trace::Source& source, class Log& log);

}  // namespace portwatch::app
