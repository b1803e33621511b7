// SPDX-License-Identifier: Apache-2.0
// The build that has the programs for the kernel.
#include "daemon/sensor/linux/event_sensor.h"
#include "daemon/sensor/linux/event_tier.h"

namespace portwatch::sensor {

base::Result<std::unique_ptr<interface::Sensor>> make_event_sensor(const std::string& proc,
                                                                   base::Micros patience) {
  return EventSensor::make(proc, patience);
}

}  // namespace portwatch::sensor
