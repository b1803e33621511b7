// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the sockets of other network namespaces are named by. Their tables, as procfs shows them, know the
// inode alone, and whoever was told of a socket, or saw its holder, knows it by its cookie: a socket must not
// change its name when its last holder lets go of it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/base/time.h"
#include "common/model/socket_record.h"

namespace portwatch::sensor {

/// Thread: any.
class SocketBook {
 public:
  /// What does not fit is named by its inode.
  static constexpr std::size_t kMost = 65536;
  /// For so many looks in a row one is believed to be there though nobody is, when its end may never be told.
  static constexpr int kMostBelieved = 3;

  /// It was told at that time, or seen in a look that began then.
  void note(const model::SocketRecord& socket, base::BootTime at);
  /// Gives what it was named by until then: whoever has looked only may know its inode alone. `inode`: 0
  /// where it is not known.
  model::SocketId end(base::Netns netns, model::SocketId id, std::uint64_t inode);
  /// All of a namespace, which could not be looked at, as if each had been seen. In one that `seems_empty`,
  /// because nobody was found who has a socket there or shows its tables, what is known by its inode alone is
  /// kept for kMostBelieved looks: it may be the kernel's own, which goes with the namespace, and nobody
  /// tells.
  void keep(base::Netns netns, base::BootTime at, bool seems_empty);
  /// Forgets those that were not noted, nor kept, since then: at the end of a look.
  void forget_before(base::BootTime at);

  /// Nothing: it was not noted, or another socket has the inode now.
  [[nodiscard]] std::optional<model::SocketId> id_of(base::Netns netns, std::uint64_t inode,
                                                     const net::Endpoint& endpoint) const;
  /// By namespace, the inodes of the sockets there.
  [[nodiscard]] std::map<base::Netns, std::vector<std::uint64_t>> inodes() const;

 private:
  struct Place {
    base::Netns netns;
    std::uint64_t inode = 0;

    bool operator==(const Place&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Place& place) const noexcept {
      return std::hash<std::uint64_t>{}(place.inode * 31U + place.netns.value);
    }
  };
  struct Entry {
    model::SocketId id;
    net::Endpoint endpoint;
    base::BootTime noted;
    int believed = 0;          ///< looks in a row
    bool is_believed = false;  ///< in this look
  };

  mutable std::mutex mutex_;
  // Under the mutex.
  std::unordered_map<Place, Entry, Hash> entries_;
  std::unordered_map<model::SocketId, Place> places_;
};

}  // namespace portwatch::sensor
