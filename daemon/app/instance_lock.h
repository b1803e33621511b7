// SPDX-License-Identifier: Apache-2.0
#pragma once

// One portwatchd for one state folder: flock(2) on a file in it. The kernel lets go of the lock when the
// process ends, however it ends, so a left-over file never stands in the way.

#include <filesystem>

#include "common/base/error.h"
#include "common/platform/descriptor.h"

namespace portwatch::app {

class InstanceLock {
 public:
  /// Takes the lock and writes our pid into its file, for people and for the next one who tries.
  /// Errors: kConflict (another portwatchd has it; the message names its pid and what to do),
  /// kPermissionDenied (also when the file is a symbolic link or somebody else's), or what the OS said.
  [[nodiscard]] static base::Result<InstanceLock> acquire(const std::filesystem::path& state_directory);

 private:
  explicit InstanceLock(platform::Descriptor file) : file_(std::move(file)) {}

  platform::Descriptor file_;
};

inline constexpr const char* kLockFileName = "portwatchd.lock";

}  // namespace portwatch::app
