// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sensor that the configuration asks for, and what it cannot see: said once, when it is chosen.

#include <memory>
#include <string>

#include "common/base/error.h"
#include "daemon/app/configuration.h"
#include "daemon/app/log.h"
#include "daemon/interface/sensor.h"

namespace portwatch::app {

/// `looks_once`: nobody is told what can happen between two looks. Errors: no sensor works, or not the one
/// that was asked for.
[[nodiscard]] base::Result<std::shared_ptr<interface::Sensor>> choose_sensor(
    const Configuration& configuration, Log& log, bool looks_once = false);

/// The next best, when the one that is told by the kernel fails while it runs: also when the configuration
/// asks for that one alone, since to watch with less is better than to end. Errors: no other sensor works.
[[nodiscard]] base::Result<std::shared_ptr<interface::Sensor>> step_down(const Configuration& configuration,
                                                                         Log& log, std::string why);

}  // namespace portwatch::app
