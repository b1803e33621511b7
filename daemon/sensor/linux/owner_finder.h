// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who holds the sockets, with all we want to know of them: the descriptor index, and the holders' details
// kept as long as the process runs the same program under the same user.

#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/model/attribution.h"
#include "common/model/process.h"
#include "common/model/snapshot.h"
#include "daemon/sensor/linux/descriptor_index.h"
#include "daemon/sensor/linux/process_reader.h"

namespace portwatch::sensor {

/// What could not be looked into in the last look.
struct OwnerCoverage {
  std::uint32_t denied_processes = 0;
  std::uint32_t avoided_processes = 0;  ///< those that are left alone because they kept us waiting
  bool hides_processes = false;  ///< /proc is mounted so that other users' processes are not shown (hidepid)
  bool is_initial_pid_namespace = true;
};

struct Owners {
  std::vector<model::ProcessRef> processes;  ///< sorted by key
  model::Attribution attribution = model::Attribution::kKernel;
};

/// Thread: one at a time.
class OwnerFinder {
 public:
  /// So many of the holders that are known are asked in each look whether they are what they were, those that
  /// were not asked for the longest first; and all those in which a socket was found.
  static constexpr std::size_t kComparedHolders = 256;

  OwnerFinder(Procfs proc, std::size_t revisit_descriptors, std::size_t compared_holders = kComparedHolders);

  /// Starts a look: lists the processes.
  /// Errors: /proc cannot be listed: the look must not go on.
  [[nodiscard]] base::Status begin_look(base::Moment now, bool is_initial_pid_namespace);

  [[nodiscard]] WatchedSocket* watch(std::uint64_t inode, model::SocketId id) {
    return index_.watch(inode, id);
  }
  void forget(WatchedSocket& socket) { index_.forget(socket); }
  /// As DescriptorIndex has it, of a socket that is in no table any more.
  [[nodiscard]] bool confirm(WatchedSocket& socket);

  /// Looks into the new processes. Forget what is closed between this and update().
  void walk_new_processes() { index_.walk_new_processes(); }
  /// Brings the holders of all watched sockets up to date.
  void update();
  /// Those whose owners are not what they were when this was asked last.
  [[nodiscard]] std::vector<WatchedSocket*> take_changed() { return index_.take_changed(); }

  /// Those that ended since this was asked last, and those that let go of what was confirmed since.
  [[nodiscard]] std::vector<model::FormerHolder> take_former() { return std::exchange(former_, {}); }

  /// Those that were found changed since this was asked last, and were not asked in the look before.
  [[nodiscard]] std::vector<model::LateChange> take_late_changes() {
    return std::exchange(late_changes_, {});
  }

  /// As of the last update.
  [[nodiscard]] Owners owners_of(const WatchedSocket& socket) const;
  /// Why nobody is known to hold a socket.
  [[nodiscard]] model::Attribution why_unowned() const;
  [[nodiscard]] const OwnerCoverage& coverage() const { return coverage_; }

 private:
  /// Whether all holders were still there.
  bool refresh_details();
  bool refresh_details(KnownProcess& process);
  [[nodiscard]] std::vector<KnownProcess*> take_turns();
  void note_late_change(const KnownProcess& process, base::BootTime unchanged_at);
  [[nodiscard]] bool has_changed_user(KnownProcess& process);
  void count_denied();
  void note_former(const KnownProcess& process);

  Procfs proc_;
  DescriptorIndex index_;
  ProcessReader reader_;
  OwnerCoverage coverage_;
  base::BootTime now_{};
  base::BootTime last_look_{};  ///< when the look before began
  std::size_t compared_holders_;
  std::size_t comparisons_left_ = 0;  ///< in this look
  std::vector<model::FormerHolder> former_;
  std::vector<model::LateChange> late_changes_;
};

}  // namespace portwatch::sensor
