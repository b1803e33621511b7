// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who holds which socket: the walk over /proc/*/fd, kept from one look to the next so that most of it need
// not be walked again.
//
// New processes are walked whole, because a fork takes its parent's descriptors along. A socket that nobody
// is known to hold is searched at once: among the processes that hold others, then among those that have more
// or less descriptors than before, then among the rest, the youngest first, until it is found; then among the
// threads that have descriptors of their own (unshare(2), CLONE_FILES), which their process's folder does not
// show, a bounded share in each look; then among the ancestors of those found, who may have opened it. A
// descriptor that is passed to an older process (SCM_RIGHTS, pidfd_getfd(2)) makes no sign anywhere: for
// those a bounded share of all descriptors is read again in each look, in turns.
//
// All walks of a look have one budget, so that nobody makes a look take as long as they like by having many
// descriptors. What is left is walked in the next looks; who has few descriptors is not kept waiting by who
// has many.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/base/error.h"
#include "common/model/socket_record.h"
#include "daemon/sensor/linux/process_table.h"

namespace portwatch::sensor {

/// A socket of interest.
struct WatchedSocket {
  std::uint64_t inode = 0;
  model::SocketId id;                  ///< what whoever watches it calls it
  std::vector<KnownProcess*> holders;  ///< each once, any order
  std::uint32_t vain_searches = 0;     ///< how often in a row everybody was asked and nobody had it
  std::uint64_t searched_in = 0;       ///< the search that asks for it now
  std::uint64_t round = 0;             ///< the round in which everybody is asked for it; 0: none
  bool has_changed = false;            ///< is among those that take_changed() will give
  std::uint64_t lost_in_look = 0;      ///< the look in which a holder ended while it was read
};

/// Thread: one at a time.
class DescriptorIndex {
 public:
  /// A look walks so many descriptors, and the first one, when everybody is new, ten times as many.
  static constexpr std::size_t kWalkDescriptors = 100'000;

  DescriptorIndex(Procfs proc, std::size_t revisit_descriptors,
                  std::size_t walk_descriptors = kWalkDescriptors);

  /// Starts a look: lists the processes, lets those that are gone go.
  /// Errors: /proc cannot be listed; then nothing changes and the look must not go on.
  [[nodiscard]] base::Status begin_look();
  /// The number of the look, from 1.
  [[nodiscard]] std::uint64_t look() const { return look_; }

  /// The pointer stays valid until forget(). Null when the inode is watched already: a file is one socket.
  [[nodiscard]] WatchedSocket* watch(std::uint64_t inode, model::SocketId id);
  void forget(WatchedSocket& socket);

  /// Walks the processes that came since the last look, and those that are not left alone any more.
  void walk_new_processes();

  /// Finds holders at once of the sockets that have none, except where that was in vain `max_vain_searches`
  /// times already; and of the sockets that are new, the ancestors that hold them too.
  /// When the budget ends before, it goes on in the next look.
  void search(std::uint32_t max_vain_searches);
  /// Not everybody who could hold a socket has been walked yet.
  [[nodiscard]] bool is_behind() const { return is_behind_; }

  /// Whether a descriptor of a known holder still shows the socket. Holders that do not are dropped.
  [[nodiscard]] bool confirm(WatchedSocket& socket);

  /// Reads all descriptors of one process again, or goes on where that came to the end of the budget.
  void walk(KnownProcess& process) { static_cast<void>(walk(process, budget_)); }

  /// The process ended: it holds nothing any more.
  void drop(KnownProcess& process);

  /// Reads the next share of all descriptors again, and those of sockets that several processes hold.
  void revisit();

  /// The holders of these, or their details, are no longer what they were when this was called last. Each
  /// once; valid until the next call of a function that is not const.
  [[nodiscard]] std::vector<WatchedSocket*> take_changed();
  /// The details of the process have changed, and so have all its sockets for take_changed().
  void note_change(KnownProcess& process);

  [[nodiscard]] const ProcessTable& processes() const { return processes_; }

 private:
  enum class Outcome : std::uint8_t { kWhole, kPart, kGone, kDenied, kAvoided, kFailed };

  /// Where the search among threads goes on.
  struct ThreadTurn {
    base::Pid process{0};       ///< the next one
    base::Pid owner{0};         ///< the one whose threads were not all searched; 0: none
    base::Pid thread{0};        ///< the one of them that is next
    std::int64_t position = 0;  ///< in the folder of its descriptors
  };

  /// Goes on at KnownProcess::position, for at most `limit` descriptors; takes what it read off `limit`.
  Outcome read_descriptors(KnownProcess& process, std::size_t& limit);
  /// The same, and draws the conclusions when it has come to the end.
  Outcome read_turn(KnownProcess& process, std::size_t& limit);
  /// At most so many of them; whether those were all.
  bool walk(KnownProcess& process, std::size_t most);
  enum class Suspect : std::uint8_t { kHolder, kChanged, kAnybody };
  [[nodiscard]] bool is_suspect(const KnownProcess& process, Suspect suspect) const;
  void ask(Suspect suspect);
  void end_search();
  void revisit_changed(std::size_t& limit);
  void revisit_in_turn(std::size_t& limit);
  [[nodiscard]] KnownProcess& next_of(base::Pid& pid) const;
  void found(KnownProcess& process, std::int32_t fd, std::uint64_t inode, base::Pid thread = {});
  void search_threads();
  bool search_threads_of(KnownProcess& process, std::size_t& limit);
  bool walk_thread(KnownProcess& process, base::Pid thread, std::int64_t& position, std::size_t& limit);
  void release(KnownProcess& process, WatchedSocket& socket);
  void release_unseen(KnownProcess& process);
  void note_change(WatchedSocket& socket);
  void note_denied(KnownProcess& process);
  [[nodiscard]] bool find_head(KnownProcess& process);
  void climb(KnownProcess& process);
  [[nodiscard]] std::optional<bool> still_shows(const KnownProcess& process,
                                                const HeldDescriptor& held) const;

  Procfs proc_;
  std::size_t revisit_descriptors_;
  std::size_t walk_descriptors_;
  std::size_t budget_ = 0;  ///< for walks, of this look
  ProcessTable processes_;
  std::unordered_map<std::uint64_t, std::unique_ptr<WatchedSocket>> sockets_;
  std::unordered_set<WatchedSocket*> shared_;      ///< those with more than one holder
  std::unordered_set<WatchedSocket*> unowned_;     ///< those without
  std::unordered_set<WatchedSocket*> unsearched_;  ///< those that came since the last search
  std::vector<WatchedSocket*> changed_;
  std::vector<std::byte> buffer_;
  std::uint64_t look_ = 0;
  std::uint64_t search_ = 0;  ///< the number of the search that runs, or ran last
  std::uint64_t round_ = 0;   ///< the number of the round that runs, or ran last: everybody is asked once
  bool has_round_ = false;    ///< one runs
  bool is_behind_ = false;
  std::size_t missing_ = 0;  ///< of the sockets searched now, how many have no holder yet
  bool can_count_ = false;   ///< the kernel tells how many descriptors a process has
  ThreadTurn thread_turn_;
  std::size_t threads_left_ = 0;  ///< processes whose threads are still to be searched
  base::Pid count_next_{0};       ///< the process at which the next counting of descriptors goes on
  base::Pid walk_next_{0};        ///< the process at which the next look begins to walk new ones
  base::Pid revisit_next_{0};     ///< the process at which the next revisit goes on
};

}  // namespace portwatch::sensor
