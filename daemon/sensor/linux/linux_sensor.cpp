// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/linux_sensor.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/interfaces.h"

namespace portwatch::sensor {
namespace {

/// A socket that is held and not listed is closed for the tracker long before this; then it need not be asked
/// for again.
constexpr std::uint32_t kMaxLooksHeld = 16;

/// A dump passes by living sockets while others of their port come and go. Those that a holder still shows
/// are asked for again in the same look, so often, until so many looks have not found them.
constexpr int kMaxRereads = 2;
constexpr std::uint32_t kLooksToReread = 5;

std::string count_of(std::uint32_t processes) {
  return fmt::format("{} {}", processes, processes == 1 ? "process" : "processes");
}

}  // namespace

LinuxSensor::LinuxSensor(Parts parts)
    : tables_(std::move(parts.tables)),
      proc_(std::move(parts.proc)),
      owners_(proc_, parts.revisit_descriptors, parts.compared_holders),
      host_(proc_.path()),
      fixed_info_(std::move(parts.info)),
      info_(fixed_info_) {}

model::SensorInfo LinuxSensor::info() const {
  const std::scoped_lock lock(info_mutex_);
  return info_;
}

base::Result<model::Snapshot> LinuxSensor::scan() {
  auto facts = host_.read();
  if (!facts) return std::unexpected(std::move(facts).error());
  facts_ = *std::move(facts);
  model::Snapshot snapshot;
  const base::Moment now = read_clocks();
  snapshot.started = now.boot;
  snapshot.suspended_at_start = now.suspended;
  snapshot.host = facts_;
  ++look_;

  auto coverage = read_tables();
  if (!coverage) return std::unexpected(std::move(coverage).error());
  // The processes are listed after the sockets: who holds one of them is there, or ended meanwhile.
  PW_TRY(owners_.begin_look(now, facts_->is_initial_pid_namespace));
  listed_ = 0;
  note_rows();
  for (int times = 0; times < kMaxRereads && lacks_a_held_one(*coverage); ++times) reread_tables();
  owners_.walk_new_processes();
  forget_closed(*coverage);
  owners_.update();
  note_owners();

  coverage->denied_processes = owners_.coverage().denied_processes + owners_.coverage().avoided_processes;
  snapshot.coverage = *std::move(coverage);
  fill(snapshot);
  snapshot.former_holders = owners_.take_former();
  snapshot.late_changes = owners_.take_late_changes();
  update_info(snapshot.coverage);
  const base::Moment end = read_clocks();
  snapshot.finished = end.boot;
  snapshot.suspended_at_finish = end.suspended;
  return snapshot;
}

base::Result<model::Coverage> LinuxSensor::read_tables() {
  model::Coverage coverage;
  rows_.clear();
  for (const TableReader& reader : tables_) {
    const base::Status status = reader.source->read(reader.protocol, rows_);
    note_tables(coverage, facts_->netns, reader.protocol, status);
  }
  if (coverage.tables.empty() && rows_.empty())
    return base::fail(
        base::ErrorCode::kUnavailable,
        "no socket table could be read: " +
            (coverage.holes.empty() ? std::string("none is known") : coverage.holes.front().reason));
  std::ranges::sort(coverage.tables);
  return coverage;
}

model::SocketRecord LinuxSensor::record_of(const SocketRow& row) const {
  // Without events nobody tells whether the program named the port; outside the range from which the kernel
  // chooses it must have.
  const bool can_be_chosen = facts_->dynamic_ports.contains(row.endpoint.port);
  return {.netns = facts_->netns,
          .id = row.id,
          .inode = row.inode,
          .endpoint = row.endpoint,
          .is_v6only = row.is_v6only,
          .device = interface_name(row.device_index),
          .uid = row.uid,
          .bind_intent = can_be_chosen ? model::BindIntent::kUnknown : model::BindIntent::kExplicit};
}

/// Whether a socket is in no table that was read, though a holder's descriptor still shows it.
bool LinuxSensor::lacks_a_held_one(const model::Coverage& coverage) {
  if (listed_ == tracked_.size()) return false;
  return std::ranges::any_of(tracked_, [&](auto& item) {
    Tracked& tracked = item.second;
    return tracked.seen_in_look != look_ && tracked.watched != nullptr &&
           tracked.looks_held < kLooksToReread && is_covered(tracked, coverage) &&
           owners_.confirm(*tracked.watched);
  });
}

/// What was read already counts, whatever becomes of this.
void LinuxSensor::reread_tables() {
  rows_.clear();
  for (const TableReader& reader : tables_) static_cast<void>(reader.source->read(reader.protocol, rows_));
  note_rows();
}

void LinuxSensor::note_rows() {
  std::vector<model::SocketId> new_sockets;
  for (const SocketRow& row : rows_)
    if (note(row)) new_sockets.push_back(row.id);
  mark_mptcp(new_sockets);
}

bool LinuxSensor::note(const SocketRow& row) {
  const auto [at, is_new] = tracked_.try_emplace(row.id);
  Tracked& tracked = at->second;
  if (tracked.seen_in_look == look_) return false;  // a torn dump can show a row twice
  const model::SocketRecord& known = tracked.record;
  if (is_new || known.inode != row.inode) {
    if (tracked.watched != nullptr) owners_.forget(*tracked.watched);
    tracked.watched = row.inode == 0 ? nullptr : owners_.watch(row.inode, row.id);
    if (row.inode != 0 && tracked.watched == nullptr) {
      tracked_.erase(at);  // the same file under another name: it is tracked already
      return false;
    }
  }
  tracked.seen_in_look = look_;
  tracked.looks_held = 0;
  ++listed_;
  if (is_new || known.inode != row.inode || known.endpoint != row.endpoint || known.uid != row.uid ||
      known.is_v6only != row.is_v6only || tracked.device_index != row.device_index ||
      known.netns != facts_->netns) {
    const bool is_mptcp = known.is_mptcp;
    tracked.record = record_of(row);
    tracked.record.is_mptcp = is_mptcp;
    tracked.device_index = row.device_index;
    tracked.user = users_.name_of(row.uid);
  }
  return is_new;
}

void LinuxSensor::mark_mptcp(const std::vector<model::SocketId>& new_sockets) {
  std::unordered_set<std::uint64_t> inodes;
  bool is_asked = false;
  for (const model::SocketId& id : new_sockets) {
    model::SocketRecord& record = tracked_.at(id).record;
    if (record.endpoint.protocol != net::Protocol::kTcp) continue;
    if (!std::exchange(is_asked, true))
      for (const TableReader& reader : tables_)
        if (reader.protocol == net::Protocol::kTcp) inodes.merge(reader.source->read_mptcp_inodes());
    record.is_mptcp = record.inode != 0 && inodes.contains(record.inode);
  }
}

/// Whether the table that would list it was read whole, or it is of a namespace that we have left.
bool LinuxSensor::is_covered(const Tracked& tracked, const model::Coverage& coverage) const {
  const net::Endpoint& endpoint = tracked.record.endpoint;
  const model::Table table{
      .netns = tracked.record.netns, .protocol = endpoint.protocol, .family = endpoint.address.family()};
  return table.netns != facts_->netns || std::ranges::binary_search(coverage.tables, table);
}

/// Lets go of the sockets that are in no table any more, except those that a holder's descriptor still shows.
void LinuxSensor::forget_closed(const model::Coverage& coverage) {
  const auto is_closed = [&](Tracked& tracked) {
    if (tracked.seen_in_look == look_) return false;
    if (!is_covered(tracked, coverage)) return false;
    if (tracked.watched == nullptr) return true;
    if (tracked.looks_held >= kMaxLooksHeld || !owners_.confirm(*tracked.watched)) return true;
    ++tracked.looks_held;
    return false;
  };
  if (listed_ == tracked_.size()) return;
  for (auto at = tracked_.begin(); at != tracked_.end();) {
    if (!is_closed(at->second)) {
      ++at;
      continue;
    }
    if (at->second.watched != nullptr) owners_.forget(*at->second.watched);
    at = tracked_.erase(at);
  }
}

void LinuxSensor::note_owners() {
  for (const WatchedSocket* const socket : owners_.take_changed()) {
    Tracked& tracked = tracked_.at(socket->id);
    Owners owners = owners_.owners_of(*socket);
    tracked.attribution = owners.attribution;
    tracked.owner = owners.processes.size() == 1 ? std::move(owners.processes.front()) : nullptr;
    if (tracked.owner) owners.processes.clear();
    tracked.owners = std::move(owners.processes);
  }
}

void LinuxSensor::fill(model::Snapshot& snapshot) const {
  snapshot.sightings.reserve(tracked_.size());
  for (const auto& [id, tracked] : tracked_) {
    const bool is_listed = tracked.seen_in_look == look_;
    if (!is_listed && tracked.looks_held == 0) continue;  // of a table that was not read whole
    model::Sighting& sighting = snapshot.sightings.emplace_back();
    sighting.socket = tracked.record;
    sighting.user = tracked.user;
    sighting.presence = is_listed ? model::Presence::kListed : model::Presence::kHeld;
    sighting.attribution = tracked.attribution;
    if (tracked.owner) {
      sighting.owners.push_back(tracked.owner);
    } else if (!tracked.owners.empty()) {
      sighting.owners = tracked.owners;
    } else {
      // Why there is none can be told differently in each look.
      sighting.attribution = tracked.watched != nullptr ? owners_.owners_of(*tracked.watched).attribution
                                                        : model::Attribution::kKernel;
    }
  }
}

void LinuxSensor::update_info(const model::Coverage& coverage) {
  model::SensorInfo info = fixed_info_;
  const OwnerCoverage& owners = owners_.coverage();
  const uid_t uid = ::geteuid();
  if (owners.hides_processes)
    info.blind_spots.push_back(
        fmt::format("runs as uid {}, and {} hides other users' processes (hidepid): their sockets are listed "
                    "without an owner",
                    uid, proc_.path()));
  if (owners.denied_processes > 0 && uid != 0)
    info.blind_spots.push_back(fmt::format(
        "runs as uid {}: {} of other users cannot be looked into; their sockets are listed without "
        "an owner",
        uid, count_of(owners.denied_processes)));
  if (owners.denied_processes > 0 && uid == 0)
    info.blind_spots.push_back(
        fmt::format("{} cannot be looked into, although we are root (a missing capability, or a security "
                    "module); their sockets are listed without an owner",
                    count_of(owners.denied_processes)));
  if (!owners.is_initial_pid_namespace)
    info.blind_spots.emplace_back(
        "runs inside a pid namespace (a container): processes outside of it cannot be named");
  for (const model::Hole& hole : coverage.holes)
    info.blind_spots.push_back(fmt::format("the {} table of {} could not be read: {}",
                                           base::name_of(hole.table.protocol),
                                           base::name_of(hole.table.family), hole.reason));
  const std::scoped_lock lock(info_mutex_);
  info_ = std::move(info);
}

}  // namespace portwatch::sensor
