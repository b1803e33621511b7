// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which processes there are, from one look to the next, and what we know of each.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/error.h"
#include "common/model/process.h"
#include "daemon/sensor/linux/process_reader.h"

namespace portwatch::sensor {

struct WatchedSocket;

/// A descriptor that shows a socket of interest.
struct HeldDescriptor {
  WatchedSocket* socket = nullptr;
  std::int32_t fd = -1;  ///< one of them, when the process has several of this socket
  base::Pid thread;  ///< whose descriptor it is, when that thread has descriptors of its own; 0: all threads'
  std::uint64_t turn = 0;  ///< KnownProcess::turn when it was last seen
};

enum class Access : std::uint8_t {
  kUnknown,  ///< not looked into yet
  kReadable,
  kDenied,   ///< its descriptors may not be read
  kAvoided,  ///< it is left alone, because it kept us waiting
};

struct KnownProcess {
  base::Pid pid;
  base::Pid thread;  ///< a thread that lives, when the first one has ended (pthread_exit(3)); 0: it has not
  bool is_kernel_thread = false;
  std::uint64_t folder_inode = 0;  ///< of /proc/PID: another process under the same pid has another
  Access access = Access::kUnknown;
  std::uint64_t walked_in_look = 0;   ///< the look in which all its descriptors were last read; 0: never
  bool is_unfinished = false;         ///< a walk over its descriptors has begun, and goes on in the next look
  std::uint64_t asked_in_round = 0;   ///< of searches
  std::uint64_t climbed_in_look = 0;  ///< the look in which its ancestors were last visited
  std::uint64_t compared_in_look = 0;  ///< the look in which `details` were last compared with the process
  base::BootTime compared_at;       ///< when the look began that last found its image to be what it had been
  base::BootTime user_compared_at;  ///< the same of its user
  std::uint64_t user_due_in_look =
      0;  ///< the look from which on the user of `details` is compared; 0: not known
  std::uint64_t gained_in_look = 0;  ///< the look in which a socket was last found with it
  std::uint64_t descriptors =
      0;  ///< how many there were when all were read last; 0: the kernel does not tell
  std::uint64_t descriptors_at_start = 0;  ///< how many there were when the reading that goes on now began
  bool is_empty = true;                    ///< no descriptor was seen in the reading that goes on now
  std::int64_t position = 0;  ///< where the reading of its descriptors goes on; 0: at the beginning
  std::uint64_t turn = 1;     ///< rises when all descriptors were read
  std::unordered_map<std::uint64_t, HeldDescriptor> held;  ///< by the socket's inode
  ProcessImage image;
  model::ProcessRef details;  ///< null until it is read
};

/// Thread: one at a time.
class ProcessTable {
 public:
  explicit ProcessTable(std::string proc) : proc_(std::move(proc)) {}

  /// Lists /proc. Processes that are no longer there are given by `gone()` until the next refresh.
  /// Errors: /proc cannot be read; nothing changes.
  [[nodiscard]] base::Status refresh();

  /// Sorted by pid. The pointers stay valid until the refresh after the one that finds the process gone.
  [[nodiscard]] const std::vector<std::unique_ptr<KnownProcess>>& all() const { return processes_; }
  /// Those of all() that the last refresh found first.
  [[nodiscard]] const std::vector<KnownProcess*>& fresh() const { return fresh_; }
  [[nodiscard]] const std::vector<std::unique_ptr<KnownProcess>>& gone() const { return gone_; }

  [[nodiscard]] KnownProcess* find(base::Pid pid) const;

 private:
  std::string proc_;
  std::vector<std::unique_ptr<KnownProcess>> processes_;
  std::vector<std::unique_ptr<KnownProcess>> gone_;
  std::vector<KnownProcess*> fresh_;
};

}  // namespace portwatch::sensor
