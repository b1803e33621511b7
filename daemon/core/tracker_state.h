// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is tracked, as Tracker and its looks share it: the sockets that listen, and since when each table is
// looked at.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/time.h"
#include "common/model/listener.h"
#include "common/model/snapshot.h"
#include "daemon/core/changes.h"
#include "daemon/core/process_ends.h"

namespace portwatch::core {

/// What the OS names a socket by; a listener's key says besides which of its listening periods.
struct SocketKey {
  base::Netns netns;
  model::SocketId id;

  bool operator==(const SocketKey&) const = default;
};

struct SocketKeyHash {
  std::size_t operator()(const SocketKey& key) const noexcept {
    return std::hash<model::SocketId>{}(key.id) * 31U + std::hash<base::Netns>{}(key.netns);
  }
};

[[nodiscard]] inline SocketKey socket_key(const model::SocketRecord& socket) {
  return {socket.netns, socket.id};
}

struct TrackedSocket {
  std::shared_ptr<const model::Listener> listener;
  /// Start of the last look of this run that listed it, or when it was told that it opened
  std::optional<base::BootTime> last_seen;
  std::optional<base::BootTime> unlisted_since;  ///< end of the first look that did not
  std::uint64_t look = 0;                        ///< the last look that listed it
  std::uint64_t held_look = 0;                   ///< the last look that saw it as held
  unsigned absences = 0;
  unsigned held_looks = 0;
  unsigned doubtful_looks = 0;
  unsigned waits = 0;                 ///< looks that it was held back for
  std::uint64_t considered_look = 0;  ///< the last look that decided whether it waits
  bool is_let_go = false;             ///< all its holders lived on when a look did not list it any more
  bool is_announced = false;
  bool is_first_scan = false;
  bool may_be_restart = false;
  bool is_told = false;  ///< in this run, when it opened
};

struct TrackerState {
  std::unordered_map<SocketKey, TrackedSocket, SocketKeyHash> sockets;
  std::map<model::Table, base::BootTime> last_looks;  ///< start of the last look at each table in this run
  std::string boot_id;
  std::int64_t last_generation = 0;
  std::optional<base::UtcTime> last_alive;
  bool had_first_scan = false;  ///< in an earlier run
  bool is_started = false;
  std::uint64_t look = 0;
  unsigned looks_at_once = 0;
  std::vector<SocketKey> waiting;          ///< not announced yet
  std::deque<base::BootTime> standstills;  ///< when the last few ended
  /// Told to be closed at that time: a look that began before may list it still.
  std::unordered_map<SocketKey, base::BootTime, SocketKeyHash> told_closed;
  ProcessEnds ends;  ///< of holders

  std::vector<model::ListenerRef> sorted;  ///< the answer to listeners(), as long as nothing changes
  bool is_sorted = false;

  /// Start of the last look of this run at the table that shows the socket; nothing when there was none.
  [[nodiscard]] std::optional<base::BootTime> last_look_at(const model::SocketRecord& socket) const;

  /// Something that was first seen at `at` and was not there at `before`; or at no earlier look of this run.
  [[nodiscard]] model::EventTime between(std::optional<base::BootTime> before, base::BootTime at,
                                         base::Moment now) const;

  /// When one that is found to be gone ended: behind the time when somebody last saw it.
  [[nodiscard]] model::EventTime end_of(const TrackedSocket& socket, base::BootTime at,
                                        base::Moment now) const;
  /// When somebody last saw it.
  [[nodiscard]] base::UtcTime last_watched(const TrackedSocket& socket, base::Moment now) const;

  /// Every change of what is listed goes through here or through close().
  void replace(TrackedSocket& socket, std::shared_ptr<const model::Listener> listener);
  [[nodiscard]] model::ListenerRef close(const TrackedSocket& socket, const model::EventTime& time,
                                         const model::Ending& ending = {});
  /// As far as it can be concluded from what became of its holders.
  [[nodiscard]] model::Ending ending_of(const TrackedSocket& socket) const;
  void announce(Changes& changes, TrackedSocket& socket);
};

}  // namespace portwatch::core
