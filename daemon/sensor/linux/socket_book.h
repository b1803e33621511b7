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

  /// It was told at that time, or seen in a look that began then.
  void note(const model::SocketRecord& socket, base::BootTime at);
  void end(base::Netns netns, model::SocketId id);
  /// All of a namespace, which could not be looked at, as if each had been seen.
  void keep(base::Netns netns, base::BootTime at);
  /// Forgets those that were not noted since then.
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
  };

  mutable std::mutex mutex_;
  // Under the mutex.
  std::unordered_map<Place, Entry, Hash> entries_;
  std::unordered_map<model::SocketId, Place> places_;
};

}  // namespace portwatch::sensor
