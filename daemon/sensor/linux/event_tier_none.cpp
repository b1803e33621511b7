// SPDX-License-Identifier: Apache-2.0
// The build that has no programs for the kernel.
#include "daemon/sensor/linux/event_tier.h"

namespace portwatch::sensor {

base::Result<std::unique_ptr<interface::Sensor>> make_event_sensor(const std::string& /*proc*/,
                                                                   base::Micros /*patience*/) {
  return base::fail(
      base::ErrorCode::kUnsupported,
      "this portwatchd was built without it (PORTWATCH_BPF=OFF, or clang, bpftool or libbpf was missing)");
}

}  // namespace portwatch::sensor
