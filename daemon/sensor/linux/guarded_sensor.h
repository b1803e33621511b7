// SPDX-License-Identifier: Apache-2.0
#pragma once

// A sensor whose looks have an end: one that a process keeps waiting is left behind with the sensor that
// makes it, and a new sensor, which leaves that process alone, begins another at once.

#include <memory>

#include "daemon/interface/sensor.h"
#include "daemon/sensor/linux/guarded.h"

namespace portwatch::sensor {

class GuardedSensor final : public interface::Sensor {
 public:
  using Make = Guarded<interface::Sensor>::Make;

  /// So many processes may keep one scan waiting; then it fails, and the next goes on.
  static constexpr int kMostLeftBehind = 5;

  /// `make` gives a sensor that shares nothing with the one before and makes its visits where it is told to.
  GuardedSensor(std::shared_ptr<WaitBook> book, base::Micros patience, Make make)
      : book_(book), guarded_(std::move(book), patience, std::move(make)) {}

  [[nodiscard]] model::SensorInfo info() const override;
  [[nodiscard]] base::Result<model::Snapshot> scan() override;

 private:
  std::shared_ptr<WaitBook> book_;
  Guarded<interface::Sensor> guarded_;
};

}  // namespace portwatch::sensor
