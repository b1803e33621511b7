// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads all we want to know of one process from /proc/PID. Nothing is asked of a foreign filesystem: links
// are read, not followed, and the executable's device and inode come from what the kernel has in memory
// (statx(2) with AT_STATX_DONT_SYNC).

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/base/time.h"
#include "common/model/process.h"
#include "daemon/sensor/linux/file_reader.h"
#include "daemon/sensor/linux/proc_pid.h"
#include "daemon/sensor/linux/user_names.h"

namespace portwatch::sensor {

/// What changes when a process runs another program, at the price of two small reads.
struct ProcessImage {
  std::uint64_t hash = 0;            ///< of exe, and of the addresses that each exec chooses anew
  bool has_fixed_addresses = false;  ///< it does not choose: the command line is in the hash too

  bool operator==(const ProcessImage&) const = default;
};

/// Nothing when the process is gone.
[[nodiscard]] std::optional<ProcStat> read_stat(const std::string& proc, base::Pid pid);

/// Thread: one at a time.
class ProcessReader {
 public:
  explicit ProcessReader(std::string proc) : proc_(std::move(proc)) {}

  /// Forgets what it knew of parents: they may have changed. Call it before each look.
  void begin_look(base::Moment now);

  /// Parts that may not be read are empty, and Process::attribution says why.
  /// Errors: the process is gone, or a failure of our own (means_gone(), means_our_own_failure()).
  [[nodiscard]] OsResult<model::ProcessRef> read(base::Pid pid);

  /// The first time, leave `has_fixed_addresses` to be found out. Errors: as read().
  [[nodiscard]] OsResult<ProcessImage> read_image(base::Pid pid, std::optional<bool> has_fixed_addresses);

  /// The effective uid; nothing when the process is gone, or may not be asked.
  [[nodiscard]] std::optional<base::Uid> read_uid(base::Pid pid);

 private:
  [[nodiscard]] std::string folder_of(base::Pid pid) const;
  [[nodiscard]] bool are_addresses_fixed(int folder) const;
  [[nodiscard]] std::vector<model::Ancestor> read_ancestors(const ProcStat& process);

  std::string proc_;
  base::Moment now_{};
  UserNames users_;
  std::unordered_map<base::Pid, std::optional<ProcStat>> parents_;
};

}  // namespace portwatch::sensor
