// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads all we want to know of one process from /proc/PID. Nothing is asked of a foreign filesystem: links
// are read, not followed, and the executable's device and inode come from what the kernel has in memory
// (statx(2) with AT_STATX_DONT_SYNC).

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "common/model/process.h"
#include "daemon/sensor/linux/container_names.h"
#include "daemon/sensor/linux/file_reader.h"
#include "daemon/sensor/linux/proc_pid.h"
#include "daemon/sensor/linux/system_mounts.h"
#include "daemon/sensor/linux/user_names.h"
#include "daemon/sensor/linux/visits.h"

namespace portwatch::sensor {

constexpr std::size_t kMaxAncestors = 32;

/// What changes when a process runs another program, at the price of two small reads.
struct ProcessImage {
  std::uint64_t hash = 0;  ///< of exe, and of the addresses that each exec chooses anew
  /// It does not choose: the command line is in the hash too. Unset: not asked yet.
  std::optional<bool> has_fixed_addresses;

  bool operator==(const ProcessImage&) const = default;
};

/// Nothing when the process is gone, or is left alone.
[[nodiscard]] std::optional<ProcStat> read_stat(const Procfs& proc, base::Pid pid);

/// Where procfs shows a process: "<proc>/<pid>", or "<proc>/<pid>/task/<thread>" when its first thread has
/// ended. Then the former has no descriptors, executable or command line, though the process goes on
/// (proc(5)).
[[nodiscard]] std::string process_folder(const std::string& proc, base::Pid pid, base::Pid thread);

/// A thread that lives, of a process whose first one has ended; nothing for every other process.
[[nodiscard]] std::optional<base::Pid> find_living_thread(const Procfs& proc, base::Pid pid);

/// All threads of a process, when it has more than one; else none.
[[nodiscard]] std::vector<base::Pid> list_threads(const Procfs& proc, base::Pid pid);

/// Thread: one at a time.
class ProcessReader {
 public:
  explicit ProcessReader(Procfs proc);
  ProcessReader(Procfs proc, ContainerNames containers)
      : proc_(std::move(proc)), mounts_(proc_.path()), containers_(std::move(containers)) {}

  /// Forgets what it knew of parents: they may have changed. Call it before each look.
  void begin_look(base::Moment now);

  struct Reading {
    ProcessImage image;  ///< read before the details, so that a change between the two shows in the next look
    model::ProcessRef details;
  };
  /// `thread` as for process_folder(); `has_fixed_addresses`: unset: to be found out, since an exec may have
  /// changed it. Parts that may not be read are empty, and Process::attribution says why. Errors: the process
  /// is gone, is left alone, or a failure of our own (means_gone(), means_denied(), means_our_own_failure()).
  [[nodiscard]] OsResult<Reading> read(base::Pid pid, base::Pid thread = {},
                                       std::optional<bool> has_fixed_addresses = {});

  /// Reads the image alone, and finds out whether it has fixed addresses when that is unset. Errors: as
  /// read().
  [[nodiscard]] OsResult<ProcessImage> read_image(base::Pid pid, base::Pid thread,
                                                  std::optional<bool> has_fixed_addresses);

  /// The effective uid; nothing when the process is gone, or may not be asked.
  [[nodiscard]] std::optional<base::Uid> read_uid(base::Pid pid, base::Pid thread);

 private:
  [[nodiscard]] bool are_addresses_fixed(const std::string& folder) const;
  [[nodiscard]] std::vector<model::Ancestor> read_ancestors(const ProcStat& process);

  Procfs proc_;
  SystemMounts mounts_;
  base::Moment now_{};
  bool is_randomization_off_ = false;  ///< of addresses, for all processes
  UserNames users_;
  ContainerNames containers_;
  std::unordered_map<base::Pid, std::optional<ProcStat>> parents_;
};

}  // namespace portwatch::sensor
