// SPDX-License-Identifier: Apache-2.0
#pragma once

// A portwatchd with places of its own, and what it costs as the system counts it.

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace portwatch::bench {

struct Programs {
  std::string portwatchd;
  std::string portwatchctl;
};

/// What a process has used since it started.
struct Usage {
  double cpu_ms = 0;
  long wake_ups = 0;  ///< how often one of its threads waited and went on
};

/// In KiB.
struct Memory {
  long private_kib = 0;  ///< what would be free if it ended
  long pss_kib = 0;      ///< that, and its share of what others have too
};

/// With the sensor that only looks, on an empty database. Each function ends the program when it does not
/// succeed.
class WatchedDaemon {
 public:
  /// Returns once it answers and has stored what it saw at first.
  explicit WatchedDaemon(Programs programs);
  WatchedDaemon(const WatchedDaemon&) = delete;
  WatchedDaemon& operator=(const WatchedDaemon&) = delete;
  ~WatchedDaemon();

  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> words) const;
  [[nodiscard]] std::filesystem::path file(const char* name) const { return folder_ / name; }
  [[nodiscard]] double milliseconds_to_ready() const { return ready_ms_; }
  [[nodiscard]] double milliseconds_to_stored() const { return stored_ms_; }
  [[nodiscard]] Usage usage() const;
  [[nodiscard]] Memory memory() const;
  /// By SIGTERM. How long it took in milliseconds.
  double stop();

 private:
  Programs programs_;
  std::filesystem::path folder_;
  pid_t pid_ = -1;
  double ready_ms_ = 0;
  double stored_ms_ = 0;
};

}  // namespace portwatch::bench
