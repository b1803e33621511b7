// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sensor that the configuration asks for, and what it cannot see: said once, when it is chosen.

#include <memory>

#include "common/base/error.h"
#include "daemon/app/configuration.h"
#include "daemon/app/log.h"
#include "daemon/interface/sensor.h"

namespace portwatch::app {

/// `looks_once`: nobody is told what can happen between two looks. Errors: no sensor works, or not the one
/// that was asked for.
[[nodiscard]] base::Result<std::shared_ptr<interface::Sensor>> choose_sensor(
    const Configuration& configuration, Log& log, bool looks_once = false);

}  // namespace portwatch::app
