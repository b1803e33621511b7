// SPDX-License-Identifier: Apache-2.0
#pragma once

// Puts together who holds sockets, descriptor by descriptor, and what the socket tables list besides. Pure.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/model/snapshot.h"
#include "daemon/sensor/linux/bpf/decode.h"
#include "daemon/sensor/linux/network_namespaces.h"
#include "daemon/sensor/linux/socket_row.h"

namespace portwatch::sensor {

/// Of all network namespaces.
class SocketPicture {
 public:
  struct Questions {
    /// Null: it is gone.
    std::function<model::ProcessRef(const bpf::ImageId& image, base::Uid uid)> process;
    /// Whether a process that gave null is left alone, because it keeps whoever looks into it waiting.
    std::function<bool(base::Pid)> is_avoided;
    std::function<std::optional<std::string>(base::Uid)> user_name;
    std::function<std::string(std::uint32_t index)> device_name;  ///< of our own namespace
  };

  /// `own` is the namespace whose tables are given. The networks must outlive this.
  SocketPicture(base::Netns own, NetworkNamespaces& networks, Questions questions)
      : own_(own), networks_(&networks), questions_(std::move(questions)) {}

  /// One descriptor. Gives whether it is a listener's.
  bool add(const bpf::Held& held);
  /// Whether a process holds a socket with that inode in another namespace.
  [[nodiscard]] bool holds(base::Netns netns, std::uint64_t inode) const;
  /// Those of our own tables that no process holds.
  [[nodiscard]] std::vector<SocketRow> unheld(const std::vector<SocketRow>& listed) const;
  void add_unheld(base::Netns netns, const SocketRow& row);

  [[nodiscard]] std::vector<model::Sighting> take();

 private:
  struct Key {
    base::Netns netns;
    model::SocketId id;
    bool operator==(const Key&) const = default;
  };
  static Key by_inode(base::Netns netns, std::uint64_t inode) {
    return {netns, {model::SocketId::Kind::kInode, inode}};
  }
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<model::SocketId>{}(key.id) * 31U + std::hash<base::Netns>{}(key.netns);
    }
  };

  base::Netns own_;
  NetworkNamespaces* networks_;
  Questions questions_;
  std::vector<model::Sighting> sightings_;
  std::unordered_map<Key, std::size_t, Hash> places_;
  std::unordered_set<Key, Hash> held_elsewhere_;  ///< by inode
};

}  // namespace portwatch::sensor
