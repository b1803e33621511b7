// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who each image of a process is: as the kernel's programs told it, else as procfs shows it while the process
// lives. One that ended stays for a while, for who still asks.

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "common/base/time.h"
#include "common/model/process.h"
#include "daemon/sensor/linux/bpf/decode.h"
#include "daemon/sensor/linux/image_book.h"

namespace portwatch::sensor {

/// Thread: any. Blocks as long as the questions do.
class ProcessBook {
 public:
  /// What only the system knows. Each is asked by one thread at a time.
  struct Questions {
    std::function<base::Moment()> now;
    std::function<std::optional<std::string>(base::Uid)> user_name;
    std::function<std::optional<std::string>(const std::string& cgroup)> container_name;
    /// Null: it is gone, may not be asked, or does not answer in time.
    std::function<model::ProcessRef(base::Pid)> process;
    /// The text of /proc/PID/cgroup where version 1 is mounted too; else, and when it is gone, empty.
    std::function<std::string(base::Pid)> groups = [](base::Pid) { return std::string(); };
    /// As login_peer_of().
    std::function<std::string(const std::string& session, base::Uid user)> login_peer =
        [](const std::string& /*session*/, base::Uid /*user*/) { return std::string(); };
  };

  /// As many as the kernel's side takes for told.
  static constexpr std::size_t kMostImages = 16384;
  static constexpr std::size_t kMostEnded = 256;

  explicit ProcessBook(Questions questions) : questions_(std::move(questions)), images_(kMostImages) {}

  void tell(const bpf::ProcessTold& told);
  void tell(const bpf::HolderFork& forked);
  void tell(const bpf::HolderExec& exec);
  void tell(const bpf::HolderExit& ended);

  /// With the user that it was then, or is now: a server gives up its rights when it has its sockets. Null:
  /// it was not told, and is gone, or is another one by now.
  [[nodiscard]] model::ProcessRef who(const bpf::ImageId& image, base::Uid uid);

 private:
  void find_older_groups(model::Process& process, std::string& groups) const;
  void forget(const bpf::ImageId& image);
  [[nodiscard]] model::ProcessRef ask(const bpf::ImageId& image);
  [[nodiscard]] model::ProcessRef with_user(const bpf::ImageId& image, model::ProcessRef known,
                                            base::Uid uid);

  Questions questions_;
  std::mutex asking_mutex_;  ///< for the question for processes, so that only who asks it too waits for it
  std::mutex mutex_;
  // Under the mutex, and the other questions too.
  ImageBook images_;
  std::deque<bpf::ImageId> ended_;
};

}  // namespace portwatch::sensor
