// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sensor that is told by programs in the kernel, where this build has them.

#include <memory>
#include <string>

#include "common/base/error.h"
#include "daemon/interface/sensor.h"

namespace portwatch::sensor {

/// Errors: this build, this machine or our rights do not allow it: the message says why, for an
/// administrator. Blocking, up to half a second.
[[nodiscard]] base::Result<std::unique_ptr<interface::Sensor>> make_event_sensor(const std::string& proc,
                                                                                 base::Micros patience);

}  // namespace portwatch::sensor
