// SPDX-License-Identifier: Apache-2.0
#pragma once

// Opens the database of a state folder. A damaged one is set aside under another name, never deleted, and a
// new one is begun: a watcher that refuses to watch would be the greater loss. It is said loudly, because a
// new baseline is learned.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "common/base/time.h"
#include "daemon/store/store.h"

namespace portwatch::app {

struct OpenedStore {
  store::Opened opened;
  store::Options options;                          ///< for readers
  std::optional<std::filesystem::path> set_aside;  ///< where the damaged database is now
  std::string damage;                              ///< what was wrong with it
};

/// `known_damage`: the database is set aside without a look, because a run found this wrong with it; empty:
/// it is not known to be damaged. Errors: as store::open(), but for kCorrupt, which remains only when the
/// files cannot be renamed.
[[nodiscard]] base::Result<OpenedStore> open_store(const std::filesystem::path& state_directory,
                                                   const std::optional<std::string>& machine_hash,
                                                   base::UtcTime now, const std::string& known_damage = {},
                                                   std::shared_ptr<std::atomic<std::uint64_t>> progress = {});

inline constexpr const char* kDatabaseName = "portwatch.db";

}  // namespace portwatch::app
