// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/socket_book.h"

#include <algorithm>
#include <utility>

namespace portwatch::sensor {

void SocketBook::note(const model::SocketRecord& socket, base::BootTime at) {
  if (socket.inode == 0) return;
  const Place place{socket.netns, socket.inode};
  const std::scoped_lock lock(mutex_);
  const auto known = entries_.find(place);
  if (known == entries_.end() && entries_.size() >= kMost) return;
  if (known != entries_.end() && known->second.id != socket.id) places_.erase(known->second.id);
  entries_.insert_or_assign(place, Entry{socket.id, socket.endpoint, at});
  places_.insert_or_assign(socket.id, place);
}

model::SocketId SocketBook::end(base::Netns netns, model::SocketId id, std::uint64_t inode) {
  const std::scoped_lock lock(mutex_);
  const auto by_inode = entries_.find(Place{netns, inode});
  if (inode != 0 && by_inode != entries_.end() && by_inode->second.id.kind == model::SocketId::Kind::kInode)
    id = by_inode->second.id;
  const auto known = places_.find(id);
  if (known == places_.end() || known->second.netns != netns) return id;
  entries_.erase(known->second);
  places_.erase(known);
  return id;
}

void SocketBook::keep(base::Netns netns, base::BootTime at, bool seems_empty) {
  const std::scoped_lock lock(mutex_);
  for (auto& [place, entry] : entries_) {
    if (place.netns != netns) continue;
    if (seems_empty && entry.id.kind == model::SocketId::Kind::kInode) {
      if (entry.believed >= kMostBelieved) continue;
      entry.is_believed = true;
    }
    entry.noted = std::max(entry.noted, at);
  }
}

void SocketBook::forget_before(base::BootTime at) {
  const std::scoped_lock lock(mutex_);
  for (auto& [place, entry] : entries_)
    if (std::exchange(entry.is_believed, false)) ++entry.believed;
  std::erase_if(entries_, [&](const auto& item) {
    if (item.second.noted >= at) return false;
    places_.erase(item.second.id);
    return true;
  });
}

std::optional<model::SocketId> SocketBook::id_of(base::Netns netns, std::uint64_t inode,
                                                 const net::Endpoint& endpoint) const {
  const std::scoped_lock lock(mutex_);
  const auto known = entries_.find(Place{netns, inode});
  if (known == entries_.end() || known->second.endpoint != endpoint) return std::nullopt;
  return known->second.id;
}

std::map<base::Netns, std::vector<std::uint64_t>> SocketBook::inodes() const {
  std::map<base::Netns, std::vector<std::uint64_t>> inodes;
  const std::scoped_lock lock(mutex_);
  for (const auto& [place, entry] : entries_) inodes[place.netns].push_back(place.inode);
  return inodes;
}

}  // namespace portwatch::sensor
