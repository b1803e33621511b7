// SPDX-License-Identifier: Apache-2.0
#pragma once

// What people call an executable. Its file is a fact; the name that the process goes by (comm) is its own
// claim, and says more where one file is many programs: redis-server is a link to redis-check-rdb, busybox is
// everything.

#include <string>

#include "common/model/process.h"

namespace portwatch::model {

/// "nginx", or "redis-check-rdb (as redis-server)" where the process goes by another name than its file.
/// Empty without an executable.
[[nodiscard]] std::string program_name(const Process& process);

/// The same; without an executable the name that the process gives itself.
[[nodiscard]] std::string program_or_own_name(const Process& process);

}  // namespace portwatch::model
