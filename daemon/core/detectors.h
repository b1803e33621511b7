// SPDX-License-Identifier: Apache-2.0
#pragma once

// What plainly should not listen, whether it is known or not: a program whose file is gone, one that lies
// where everybody may write or only in memory, and one whose path does not tell which file it is.

#include <string_view>
#include <vector>

#include "common/model/alert.h"
#include "common/model/process.h"

namespace portwatch::core {

/// /tmp, /var/tmp, /dev/shm, /run/user, /run/lock and what lies in them; memfd_create(2)'s "/memfd:".
[[nodiscard]] bool is_temporary_place(std::string_view path);

/// What speaks against these holders; each reason once, for the first holder it fits. Loudest first.
[[nodiscard]] std::vector<model::Reason> objections(const std::vector<model::ProcessRef>& owners);

}  // namespace portwatch::core
