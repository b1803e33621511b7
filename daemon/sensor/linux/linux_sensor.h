// SPDX-License-Identifier: Apache-2.0
#pragma once

// The polling sensor: socket tables from a TableSource each, owners from an OwnerFinder, put together into
// snapshots.

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/interface/sensor.h"
#include "daemon/sensor/linux/host_watch.h"
#include "daemon/sensor/linux/owner_finder.h"
#include "daemon/sensor/linux/table_source.h"
#include "daemon/sensor/linux/user_names.h"

namespace portwatch::sensor {

/// The tables of a protocol, and who reads them for as long as the sensor lives: the two sources name sockets
/// differently.
struct TableReader {
  net::Protocol protocol = net::Protocol::kTcp;
  std::shared_ptr<TableSource> source;
};

class LinuxSensor final : public interface::Sensor {
 public:
  struct Parts {
    model::SensorInfo info;  ///< blind spots of the sources; those of the owners are added
    std::vector<TableReader> tables;
    Procfs proc;
    std::size_t revisit_descriptors = 0;
    std::size_t compared_holders = OwnerFinder::kComparedHolders;
  };

  explicit LinuxSensor(Parts parts);

  [[nodiscard]] model::SensorInfo info() const override;
  [[nodiscard]] base::Result<model::Snapshot> scan() override;

 private:
  struct Tracked {
    model::SocketRecord record;
    std::uint32_t device_index = 0;         ///< of record.device
    std::optional<std::string> user;        ///< the name of record.uid
    WatchedSocket* watched = nullptr;       ///< null: no file belongs to the socket
    model::ProcessRef owner;                ///< the only one; null: none, or several
    std::vector<model::ProcessRef> owners;  ///< when there are several, sorted
    model::Attribution attribution = model::Attribution::kKernel;
    std::uint64_t seen_in_look = 0;
    std::uint32_t looks_held = 0;  ///< how often in a row it was held and not listed
  };

  [[nodiscard]] base::Result<model::Coverage> read_tables();
  [[nodiscard]] bool lacks_a_held_one(const model::Coverage& coverage);
  void reread_tables();
  void note_rows();
  /// Whether the socket is new.
  bool note(const SocketRow& row);
  void mark_mptcp(const std::vector<model::SocketId>& new_sockets);
  [[nodiscard]] model::SocketRecord record_of(const SocketRow& row) const;
  [[nodiscard]] bool is_covered(const Tracked& tracked, const model::Coverage& coverage) const;
  void forget_closed(const model::Coverage& coverage);
  void note_owners();
  void fill(model::Snapshot& snapshot) const;
  void update_info(const model::Coverage& coverage);

  std::vector<TableReader> tables_;
  Procfs proc_;
  OwnerFinder owners_;
  UserNames users_;
  std::unordered_map<model::SocketId, Tracked> tracked_;
  std::vector<SocketRow> rows_;
  std::size_t listed_ = 0;  ///< how many of tracked_ the tables show in this look
  std::uint64_t look_ = 0;
  HostWatch host_;
  model::HostFactsRef facts_;  ///< of this look

  const model::SensorInfo fixed_info_;
  mutable std::mutex info_mutex_;
  model::SensorInfo info_;  ///< under info_mutex_
};

}  // namespace portwatch::sensor
