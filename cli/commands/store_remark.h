// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an answer leaves out, or may lose, when the daemon's store cannot write: who asks for alerts or
// history on a full disk must not read that there are none.

#include <cstdint>
#include <optional>

#include "cli/session.h"

namespace portwatch::cli {

/// The daemon's status, for a remark beside another answer; nothing when it cannot be had.
[[nodiscard]] std::optional<model::Status> status_beside(Daemon& daemon);

/// How many alerts wait for a person, by what the daemon has in memory.
[[nodiscard]] std::uint64_t open_alerts(const model::Status& status);

/// Says that events wait in memory because the store cannot write, when it is so. `alerts`: how many of them
/// are known to be alerts that wait for a person.
void say_what_waits(Session& session, const std::optional<model::Status>& status, std::uint64_t alerts = 0);

}  // namespace portwatch::cli
