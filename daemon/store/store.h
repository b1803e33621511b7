// SPDX-License-Identifier: Apache-2.0
#pragma once

// The embedded SQLite store: opening it, and the two ways in, one writer and any number of readers.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "daemon/interface/event_store.h"

namespace portwatch::store {

struct Options {
  std::filesystem::path path;               ///< of the database file; its folder must exist
  std::optional<std::string> machine_hash;  ///< another one than the stored: a new host_id (and a new epoch)
  base::Micros busy_timeout = std::chrono::seconds{2};
  /// Rises while the writer works, so that a long commit can be told from one that hangs. May be null.
  std::shared_ptr<std::atomic<std::uint64_t>> progress;
};

struct Opened {
  std::unique_ptr<interface::EventWriter> writer;
  interface::RestoredState state;
};

/// Opens or creates the database (mode 0600), migrates it, and reads what an earlier run left.
/// Errors, with nothing touched: kUnsupported (its schema is newer than ours), kConflict (it is another
/// program's database), kCorrupt (it is no database, or damaged). Also kPermissionDenied, kNotFound (no such
/// folder) and kUnavailable. The message names the file.
[[nodiscard]] base::Result<Opened> open(const Options& options);

/// A reader with a connection of its own, read-only.
[[nodiscard]] base::Result<std::unique_ptr<interface::EventReader>> open_reader(const Options& options);

}  // namespace portwatch::store
