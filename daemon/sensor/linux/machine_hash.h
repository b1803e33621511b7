// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names this machine without giving its machine id away: machine-id(5) asks programs to hash it with a key of
// their own.

#include <optional>
#include <string>

namespace portwatch::sensor {

/// 32 hex digits; nothing when the machine has no id, or this build has no libsystemd.
[[nodiscard]] std::optional<std::string> read_machine_hash();

}  // namespace portwatch::sensor
