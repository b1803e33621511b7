// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who holds which socket: the walk over /proc/*/fd, kept from one look to the next so that most of it need
// not be walked again.
//
// New processes are walked whole, because a fork takes its parent's descriptors along. A socket that nobody
// is known to hold is searched at once: among the processes that hold others, then among the rest, the
// youngest first, until it is found; then among the ancestors of those found, who may have opened it. A
// descriptor that is passed to an older process (SCM_RIGHTS, pidfd_getfd(2)) makes no sign anywhere: for
// those a bounded share of all descriptors is read again in each look, in turns.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/base/error.h"
#include "daemon/sensor/linux/process_table.h"

namespace portwatch::sensor {

/// A socket of interest.
struct WatchedSocket {
  std::uint64_t inode = 0;
  std::uint32_t watchers = 0;          ///< calls of watch() less calls of forget()
  std::vector<KnownProcess*> holders;  ///< each once, any order
  std::uint32_t vain_searches = 0;     ///< how often in a row everybody was asked and nobody had it
  std::uint64_t searched_in = 0;       ///< the search that asks for it now
  std::uint64_t lost_in_look = 0;      ///< the look in which a holder ended while it was read
};

/// Thread: one at a time.
class DescriptorIndex {
 public:
  DescriptorIndex(std::string proc, std::size_t revisit_descriptors);

  /// Starts a look: lists the processes, lets those that are gone go.
  /// Errors: /proc cannot be listed; then nothing changes and the look must not go on.
  [[nodiscard]] base::Status begin_look();
  /// The number of the look, from 1.
  [[nodiscard]] std::uint64_t look() const { return look_; }

  /// The reference stays valid until forget() was called as often as this, for the same inode.
  [[nodiscard]] WatchedSocket& watch(std::uint64_t inode);
  void forget(WatchedSocket& socket);

  /// Walks the processes that came since the last look.
  void walk_new_processes();

  /// Finds holders of these at once. All of them are watched.
  void search(std::span<WatchedSocket* const> wanted);

  /// Whether a descriptor of a known holder still shows the socket. Holders that do not are dropped.
  [[nodiscard]] bool confirm(WatchedSocket& socket);

  /// Reads all descriptors of one process again.
  void walk(KnownProcess& process);

  /// The process ended: it holds nothing any more.
  void drop(KnownProcess& process);

  /// Reads the next share of all descriptors again, and those of sockets that several processes hold.
  void revisit();

  [[nodiscard]] const ProcessTable& processes() const { return processes_; }

 private:
  enum class Outcome : std::uint8_t { kWhole, kPart, kGone, kDenied, kFailed };

  /// Goes on at KnownProcess::position, for at most `limit` descriptors; takes what it read off `limit`.
  Outcome read_descriptors(KnownProcess& process, std::size_t& limit);
  void found(KnownProcess& process, std::int32_t fd, std::uint64_t inode);
  void release(KnownProcess& process, WatchedSocket& socket);
  void release_unseen(KnownProcess& process);
  void note_denied(KnownProcess& process);
  void climb(KnownProcess& process);
  [[nodiscard]] std::optional<bool> still_shows(const KnownProcess& process,
                                                const HeldDescriptor& held) const;

  std::string proc_;
  std::size_t revisit_descriptors_;
  ProcessTable processes_;
  std::unordered_map<std::uint64_t, std::unique_ptr<WatchedSocket>> sockets_;
  std::unordered_set<WatchedSocket*> shared_;  ///< those with more than one holder
  std::vector<std::byte> buffer_;
  std::uint64_t look_ = 0;
  std::uint64_t search_ = 0;   ///< the number of the search that runs, or ran last
  std::size_t missing_ = 0;    ///< of the sockets searched now, how many have no holder yet
  base::Pid revisit_next_{0};  ///< the process at which the next revisit goes on
};

}  // namespace portwatch::sensor
