// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a process sees other mounts than the system does. Who may make a user namespace may lay any file
// over /usr/bin/find there and run it: the kernel shows that path. So where a process has a mount namespace
// of its own, its path is looked up as the first process sees it (mount_namespaces(7)).
//
// Only what the kernel has in memory counts (openat2(2), RESOLVE_CACHED): the way to a file that runs is
// there, and no foreign filesystem is asked.

#include <optional>
#include <string>

#include "common/model/process.h"

namespace portwatch::sensor {

class SystemMounts {
 public:
  explicit SystemMounts(std::string proc) : proc_(std::move(proc)) {}

  /// Before each look.
  void begin_look();

  /// Whether the process of this folder (/proc/PID) sees other mounts, and `file`, which it runs, is not what
  /// the system has at `path`. No, when it cannot be told.
  [[nodiscard]] bool is_foreign(int process, const std::string& path,
                                const std::optional<model::FileId>& file) const;

 private:
  std::string proc_;
  std::string system_;     ///< the folder of a process that sees the system's mounts
  std::string namespace_;  ///< its mount namespace; empty: not known
};

/// Of a link or a descriptor's path below `folder`; nothing when it cannot be told without asking the file's
/// filesystem.
[[nodiscard]] std::optional<model::FileId> file_id_of(int folder, const char* path);

}  // namespace portwatch::sensor
