// SPDX-License-Identifier: Apache-2.0
#pragma once

// The file that a recording goes to: new, for its owner's eyes alone.

#include <filesystem>
#include <memory>
#include <string_view>

#include "common/base/error.h"

namespace portwatch::app {

class TraceFile {
 public:
  virtual ~TraceFile() = default;

  /// Makes the file, mode 0600. Errors: kConflict (something is there already, be it a symbolic link),
  /// kPermissionDenied, kNotFound (no such folder).
  [[nodiscard]] static base::Result<std::unique_ptr<TraceFile>> create(const std::filesystem::path& path);

  /// Writes all of it, or fails; then some of it may be there. Blocks as files do. Errors: kUnavailable (the
  /// disk is full), and what else the system says.
  [[nodiscard]] virtual base::Status append(std::string_view text) = 0;
};

}  // namespace portwatch::app
