// SPDX-License-Identifier: Apache-2.0
#pragma once

// Processes that keep whoever looks into them waiting. The kernel lets a read of /proc/PID wait for locks of
// that process, and a process can hold them for as long as it likes. So who made us wait too long is left
// alone, and so are all processes of a user who did it with several: a look has an end, and what it costs is
// bounded by the users, not by what they try.
//
// A user is the real uid, which a program does not change by being started with the rights of another. Users
// whom the system knows no name for are one: who may make user namespaces has thousands of numbers.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/strong_type.h"
#include "common/base/time.h"

namespace portwatch::sensor {

/// Thread: any.
class WaitBook {
 public:
  /// A process that made us wait so long is left alone.
  static constexpr base::Micros kMostForProcess = std::chrono::seconds{2};
  /// A user whose processes did so together is, but for root.
  static constexpr base::Micros kMostForUser = std::chrono::seconds{6};
  /// So long after the last wait, and until nobody waits any more.
  static constexpr base::Micros kMemory = std::chrono::minutes{10};

  struct Identity {
    std::uint64_t folder_inode = 0;  ///< of /proc/PID: another process under the same pid has another
    base::Uid uid;                   ///< the real one

    bool operator==(const Identity&) const = default;
  };
  struct Questions {
    std::function<base::BootTime()> now;
    /// Must not wait for the process. Nothing: it is gone.
    std::function<std::optional<Identity>(base::Pid)> identity;
    std::function<std::optional<std::string>(base::Uid)> user_name;
  };

  /// Asks the system.
  [[nodiscard]] static std::shared_ptr<WaitBook> make(const std::string& proc);
  explicit WaitBook(Questions questions) : questions_(std::move(questions)) {}

  /// Looking into the process took so much longer than it should.
  void waited(base::Pid pid, base::Micros how_long);
  /// A thread waits for the process for `how_long` by now, and is left behind. Until it is back the process
  /// is left alone.
  void left_behind(base::Pid pid, base::Micros how_long);
  void came_back(base::Pid pid);

  /// Whether the process is to be left alone. Costs nothing as long as nobody is.
  [[nodiscard]] bool avoids(base::Pid pid);

  /// Who is left alone, for people; empty: nobody.
  [[nodiscard]] std::vector<std::string> blind_spots();

 private:
  struct Account {
    std::string name;
    base::Micros waited{};
    base::BootTime last;
  };
  struct Process {
    Identity identity;
    std::int64_t account = 0;
    base::Micros waited{};
    base::BootTime last;
    int threads = 0;  ///< of ours, that wait for it
  };
  static constexpr std::int64_t kUnnamed = -1;

  void add(base::Pid pid, base::Micros how_long, int threads);
  [[nodiscard]] std::pair<std::int64_t, std::string> account_of(base::Uid uid);
  [[nodiscard]] bool is_avoided(std::int64_t account) const;
  void forget_old(base::BootTime now);

  Questions questions_;
  std::mutex names_mutex_;  ///< for the question for names, which may take long
  std::atomic<bool> is_empty_ = true;
  std::mutex mutex_;
  // Under mutex_.
  std::map<base::Pid, Process> processes_;
  std::map<std::int64_t, Account> accounts_;
};

}  // namespace portwatch::sensor
