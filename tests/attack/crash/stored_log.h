// SPDX-License-Identifier: Apache-2.0
#pragma once

// The event log as it lies on the disk, read behind portwatchd's back.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/base/strong_type.h"

namespace portwatch::test {

/// All events behind `after`, in order of seq, as the protocol tells them. Nothing: the database cannot be
/// read, and a failure says why.
[[nodiscard]] std::optional<std::vector<nlohmann::json>> stored_events(const std::filesystem::path& database,
                                                                       base::Seq after);

/// What SQLite says of the whole file: "ok" (PRAGMA integrity_check).
[[nodiscard]] std::string integrity_of(const std::filesystem::path& database);

}  // namespace portwatch::test
