// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sensor that misses nothing: the kernel's programs tell what opens and closes as it happens, with who
// did it. A look is one pass over all descriptors in the kernel, beside the socket tables for what no process
// holds.

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/interface/sensor.h"
#include "daemon/sensor/linux/bpf/socket_iterator.h"
#include "daemon/sensor/linux/event_thread.h"
#include "daemon/sensor/linux/host_watch.h"
#include "daemon/sensor/linux/netlink_tables.h"
#include "daemon/sensor/linux/network_namespaces.h"
#include "daemon/sensor/linux/socket_book.h"
#include "daemon/sensor/linux/socket_picture.h"
#include "daemon/sensor/linux/table_source.h"
#include "daemon/sensor/linux/user_names.h"
#include "daemon/sensor/linux/wait_book.h"

namespace portwatch::sensor {

class EventSensor final : public interface::Sensor {
 public:
  /// Errors: this machine, or our rights, do not allow it: the message says why, for an administrator.
  /// Blocking, up to half a second.
  [[nodiscard]] static base::Result<std::unique_ptr<EventSensor>> make(const std::string& proc,
                                                                       base::Micros patience);

  [[nodiscard]] model::SensorInfo info() const override;
  [[nodiscard]] base::Result<model::Snapshot> scan() override;
  [[nodiscard]] interface::EventSource* events() override { return events_.get(); }

 private:
  EventSensor(HostWatch host, std::shared_ptr<WaitBook> waits, bpf::SocketIterator descriptors,
              std::unique_ptr<ProcessBook> processes, std::unique_ptr<NetworkNamespaces> networks,
              std::unique_ptr<SocketBook> sockets, std::unique_ptr<EventThread> events);
  bool is_avoided(base::Pid pid);
  [[nodiscard]] base::Status add_held(SocketPicture& picture);
  [[nodiscard]] std::vector<SocketRow> read_tables(model::Coverage& coverage, base::Netns netns);
  struct Unheld {
    base::Netns netns;
    SocketRow row;
  };
  [[nodiscard]] std::vector<Unheld> find_unheld(const SocketPicture& picture, model::Coverage& coverage,
                                                base::Netns own);
  void find_elsewhere(const SocketPicture& picture, model::Coverage& coverage, std::vector<Unheld>& found);
  [[nodiscard]] base::Status add_unheld(SocketPicture& picture, model::Coverage& coverage, base::Netns own);
  void note_elsewhere(const model::Snapshot& snapshot);
  void watch(std::unordered_map<base::Pid, bpf::ImageId> holders);

  HostWatch host_;
  std::shared_ptr<WaitBook> waits_;  ///< processes that do not let themselves be asked
  bpf::SocketIterator descriptors_;
  NetlinkTables tables_;
  UserNames users_;
  std::unique_ptr<ProcessBook> processes_;
  std::unique_ptr<NetworkNamespaces> networks_;
  std::unique_ptr<SocketBook> sockets_;  ///< of other namespaces
  std::unique_ptr<EventThread> events_;
  std::unordered_map<base::Pid, bpf::ImageId> holders_;       ///< that this look has found
  std::unordered_set<base::Pid> avoided_;                     ///< of those, whom nobody can be asked about
  std::unordered_map<base::Pid, bpf::ImageId> watched_;       ///< as of the last look
  std::set<std::pair<base::Netns, model::SocketId>> unheld_;  ///< in the last look
  std::set<std::pair<base::Netns, model::SocketId>> kernels_own_;  ///< those of the first look
  bool has_looked_ = false;
  base::Netns last_network_;               ///< whose tables were read last
  std::atomic<std::uint32_t> denied_ = 0;  ///< processes that the last look could not ask about
};

}  // namespace portwatch::sensor
