// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether something stands among the reasons of an alert.

#include <algorithm>
#include <vector>

#include "common/model/alert.h"

namespace portwatch::model {

[[nodiscard]] inline bool has_reason(const std::vector<Reason>& reasons, ReasonCode code) {
  return std::ranges::find(reasons, code, &Reason::code) != reasons.end();
}

}  // namespace portwatch::model
