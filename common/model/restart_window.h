// SPDX-License-Identifier: Apache-2.0
#pragma once

// How long after its end a listener counts as restarted when its service is back.

#include "common/base/time.h"

namespace portwatch::model {

/// A machine that boots takes its time to bring its services back.
inline constexpr base::Micros kRestartWindow = std::chrono::minutes{10};

}  // namespace portwatch::model
