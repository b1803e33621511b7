// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/guarded_sensor.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace portwatch::sensor {

model::SensorInfo GuardedSensor::info() const {
  model::SensorInfo info = guarded_.looker()->info();
  auto spots = book_->blind_spots();
  std::ranges::move(spots, std::back_inserter(info.blind_spots));
  return info;
}

base::Result<model::Snapshot> GuardedSensor::scan() {
  for (int times = 0; times < kMostLeftBehind; ++times)
    if (auto snapshot = guarded_.run([](interface::Sensor& sensor) { return sensor.scan(); }))
      return *std::move(snapshot);
  return base::fail(base::ErrorCode::kUnavailable,
                    "one process after another keeps whoever looks into it waiting");
}

}  // namespace portwatch::sensor
