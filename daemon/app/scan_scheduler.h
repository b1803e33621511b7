// SPDX-License-Identifier: Apache-2.0
#pragma once

// Looks at the machine again and again: off the loop, never twice at a time, at a steady beat. Thread: the
// loop's, for all of it.

#include <functional>
#include <memory>
#include <optional>

#include "common/base/error.h"
#include "common/model/snapshot.h"
#include "common/model/status.h"
#include "common/uv/timer.h"
#include "common/uv/work.h"
#include "daemon/app/cadence.h"
#include "daemon/interface/sensor.h"

namespace portwatch::app {

class ScanScheduler {
 public:
  /// Nobody knows what is there now when a look takes longer than this.
  static constexpr base::Micros kOverdue = std::chrono::seconds{3};

  struct Callbacks {
    /// Whether something was missing, so that another look is wanted at once.
    std::function<bool(const model::Snapshot& snapshot)> on_snapshot;
    /// A look has failed, and so many in a row with it.
    std::function<void(const base::Error& error, int in_a_row)> on_failure;
    /// Looks work again.
    std::function<void()> on_recovery;
  };

  /// The sensor is shared with the pool's thread, which may outlive this object by one look.
  ScanScheduler(uv::Loop& loop, std::shared_ptr<interface::Sensor> sensor, base::Micros interval,
                std::function<base::Moment()> clock, Callbacks callbacks);

  /// The first look is at once.
  void start();
  /// No look begins any more. `done` is called when none runs; at once, if so.
  void stop(std::function<void()> done);
  void set_interval(base::Micros interval);
  /// Another sensor looks from the next look on.
  void use(std::shared_ptr<interface::Sensor> sensor);

  /// A look is wanted, before the next one that is due. While one runs: behind it.
  void look_within(base::Micros most);

  /// From now on no look is taken in: the next one that ends waits, and none begins behind it.
  void hold() { is_held_ = true; }
  /// What waits is taken in, and looks go on.
  void release();
  [[nodiscard]] bool is_held() const { return is_held_; }

  /// An overdue look is a problem too.
  [[nodiscard]] model::ScanStatus status() const;

 private:
  void look();
  void on_result(base::Result<model::Snapshot> result);
  void take_in(const base::Result<model::Snapshot>& result);

  std::shared_ptr<interface::Sensor> sensor_;
  std::shared_ptr<interface::Sensor> former_;  ///< still to be destroyed, off the loop
  std::function<base::Moment()> clock_;
  Callbacks callbacks_;
  Cadence cadence_;
  model::ScanStatus status_;
  base::Moment started_{};
  int failures_ = 0;         ///< in a row
  bool is_looking_ = false;  ///< also while what was seen waits to be taken in
  bool is_held_ = false;
  std::optional<base::Result<model::Snapshot>> waiting_;
  bool is_stopping_ = false;
  std::optional<base::BootTime>
      wanted_at_;  ///< the latest that the next look may begin, when that was asked for
  std::function<void()> on_idle_;
  uv::Timer timer_;
  uv::Work work_;
};

}  // namespace portwatch::app
