// SPDX-License-Identifier: Apache-2.0
#pragma once

// The argument ID of the commands about single alerts.

#include <vector>

#include "cli/arguments.h"
#include "cli/render/line.h"
#include "common/base/error.h"
#include "common/base/strong_type.h"

namespace portwatch::cli {

/// "21", "#21"; each once, in the order given. Errors: kInvalidArgument.
[[nodiscard]] base::Result<std::vector<base::AlertId>> alert_ids(const Arguments& arguments);

/// What there is to say of a number that no alert has.
[[nodiscard]] Line no_such_alert(base::AlertId id);

}  // namespace portwatch::cli
