// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/event_sensor.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/file_reader.h"
#include "daemon/sensor/linux/guarded.h"
#include "daemon/sensor/linux/interfaces.h"
#include "daemon/sensor/linux/login_sessions.h"
#include "daemon/sensor/linux/process_reader.h"
#include "daemon/sensor/linux/why_refused.h"

namespace portwatch::sensor {
namespace {

/// For the socket tables of other namespaces, in one look.
constexpr base::Micros kMostForTables = std::chrono::milliseconds{250};

ContainerNames::Options container_options() {
  return {.now = [] { return read_clocks().boot; }};
}

/// The control groups of a process, where they are not all of version 2. Nobody can keep us waiting there.
std::string read_groups(const std::string& proc, base::Pid pid) {
  constexpr std::size_t kMostGroups = 16384;
  std::string buffer(kMostGroups, '\0');
  const auto text = read_file(AT_FDCWD, fmt::format("{}/{}/cgroup", proc, pid.value).c_str(), buffer);
  return text ? std::string(*text) : std::string();
}

ProcessBook::Questions questions(const std::string& proc, const std::shared_ptr<WaitBook>& waits,
                                 base::Micros patience, bool has_cgroup_v1) {
  const auto users = std::make_shared<UserNames>();
  const auto reader =
      std::make_shared<Guarded<ProcessReader>>(waits, patience, [proc](std::shared_ptr<Visits> visits) {
        return std::make_shared<ProcessReader>(Procfs(proc, std::move(visits)));
      });
  const auto containers = std::make_shared<ContainerNames>(container_options());
  return {.now = read_clocks,
          .user_name = [users](base::Uid uid) { return users->name_of(uid); },
          .container_name = [containers](const std::string& cgroup) -> std::optional<std::string> {
            auto name = containers->name_of(parse_cgroup(cgroup));
            return name ? std::optional(std::move(name->container)) : std::nullopt;
          },
          .process = [reader](base::Pid pid) -> model::ProcessRef {
            const auto read = [pid](ProcessReader& from) -> model::ProcessRef {
              from.begin_look(read_clocks());
              auto reading = from.read(pid);
              return reading ? std::move(reading->details) : nullptr;
            };
            return reader->run(read).value_or(nullptr);
          },
          .groups = [proc, has_cgroup_v1](
                        base::Pid pid) { return has_cgroup_v1 ? read_groups(proc, pid) : std::string(); },
          .login_peer = login_peer_of};
}

/// Processes whose executable we may not ask for.
std::uint32_t count_denied(const std::vector<model::Sighting>& sightings) {
  std::unordered_set<base::Pid> denied;
  for (const model::Sighting& sighting : sightings)
    for (const model::ProcessRef& owner : sighting.owners)
      if (owner->attribution == model::Attribution::kDenied) denied.insert(owner->key.pid);
  return static_cast<std::uint32_t>(denied.size());
}

NetworkNamespaces::Questions network_questions(const std::string& proc,
                                               const std::shared_ptr<WaitBook>& waits,
                                               base::Micros patience) {
  const auto reader =
      std::make_shared<Guarded<NetworkReader>>(waits, patience, [proc](std::shared_ptr<Visits> visits) {
        return std::make_shared<NetworkReader>(Procfs(proc, std::move(visits)));
      });
  return {.now = [] { return read_clocks().boot; },
          .reading =
              [reader](base::Netns netns, std::vector<base::Pid> candidates) {
                const auto read = [netns, candidates = std::move(candidates)](NetworkReader& from) {
                  return from.read(netns, candidates);
                };
                return reader->run(read).value_or(std::nullopt);
              },
          .tables =
              [reader](base::Netns netns, std::vector<base::Pid> candidates) {
                const auto read = [netns, candidates = std::move(candidates)](NetworkReader& from) {
                  return from.read_tables(netns, candidates);
                };
                return reader->run(read).value_or(std::nullopt);
              }};
}

}  // namespace

base::Result<std::unique_ptr<EventSensor>> EventSensor::make(const std::string& proc, base::Micros patience) {
  const bpf::Conditions conditions = bpf::read_conditions(proc, "/sys");
  HostWatch host(proc);
  const auto facts = host.read();
  if (!facts) return std::unexpected(facts.error());
  auto descriptors = bpf::SocketIterator::load(conditions);
  if (!descriptors) return std::unexpected(std::move(descriptors).error());
  auto programs = bpf::EventPrograms::load(conditions);
  if (!programs) return std::unexpected(std::move(programs).error());
  if (!programs->missing().empty()) {
    const auto& missing = programs->missing().front();
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("{} could not be seen: {}", missing.what, missing.reason));
  }
  auto waits = WaitBook::make(proc);
  auto processes = std::make_unique<ProcessBook>(questions(proc, waits, patience, conditions.has_cgroup_v1));
  auto networks = std::make_unique<NetworkNamespaces>((*facts)->netns,
                                                      NetworkNames("", ContainerNames(container_options())),
                                                      network_questions(proc, waits, patience));
  networks->begin_look(*facts);
  auto sockets = std::make_unique<SocketBook>();
  auto why_refused = make_why_refused((*facts)->netns, conditions, *processes);
  if (!why_refused) return std::unexpected(std::move(why_refused).error());
  auto events = EventThread::start(*std::move(programs),
                                   EventTranslator(*processes, *networks, *sockets, interface_name,
                                                   *std::move(why_refused), base::Pid{::getpid()}));
  if (!events) return std::unexpected(std::move(events).error());
  return std::unique_ptr<EventSensor>(
      new EventSensor(std::move(host), std::move(waits), *std::move(descriptors), std::move(processes),
                      std::move(networks), std::move(sockets), *std::move(events)));
}

EventSensor::EventSensor(HostWatch host, std::shared_ptr<WaitBook> waits, bpf::SocketIterator descriptors,
                         std::unique_ptr<ProcessBook> processes, std::unique_ptr<NetworkNamespaces> networks,
                         std::unique_ptr<SocketBook> sockets, std::unique_ptr<EventThread> events)
    : host_(std::move(host)),
      waits_(std::move(waits)),
      descriptors_(std::move(descriptors)),
      processes_(std::move(processes)),
      networks_(std::move(networks)),
      sockets_(std::move(sockets)),
      events_(std::move(events)) {}

model::SensorInfo EventSensor::info() const {
  model::SensorInfo info{
      .name = "bpf",
      .summary =
          "programs in the kernel (BPF) tell what opens and closes as it happens, and show who holds it",
      .blind_spots = {"in other network namespaces, sockets that no process holds (the kernel's own, or in "
                      "flight) are looked for only where a process lives that opened or holds another one"},
      .skipped = {}};
  if (const std::uint32_t denied = denied_; denied > 0)
    info.blind_spots.push_back(fmt::format(
        "{} that listened before portwatchd began cannot be looked into (CAP_SYS_PTRACE is missing, or "
        "a security module forbids it): they are known by their names alone",
        denied == 1 ? "1 process" : fmt::format("{} processes", denied)));
  for (auto spots : {waits_->blind_spots(), bpf::blind_spots_of(events_->losses())})
    std::ranges::move(spots, std::back_inserter(info.blind_spots));
  return info;
}

base::Result<model::Snapshot> EventSensor::scan() {
  auto host = host_.read();
  if (!host) return std::unexpected(std::move(host).error());
  model::Snapshot snapshot;
  const base::Moment start = read_clocks();
  snapshot.started = start.boot;
  snapshot.suspended_at_start = start.suspended;
  snapshot.host = *std::move(host);
  const base::Netns netns = snapshot.host->netns;

  networks_->begin_look(snapshot.host);
  SocketPicture picture(
      netns, *networks_,
      {.process = [this](const bpf::ImageId& image, base::Uid uid) { return processes_->who(image, uid); },
       .is_avoided = [this](base::Pid pid) { return is_avoided(pid); },
       .user_name = [this](base::Uid uid) { return users_.name_of(uid); },
       .device_name = interface_name});
  holders_.clear();
  avoided_.clear();
  PW_TRY(add_held(picture));
  PW_TRY(add_unheld(picture, snapshot.coverage, netns));
  snapshot.sightings = picture.take();
  note_elsewhere(snapshot);
  denied_ = count_denied(snapshot.sightings);
  snapshot.coverage.denied_processes = denied_ + static_cast<std::uint32_t>(avoided_.size());
  if (!std::exchange(has_looked_, true)) kernels_own_ = unheld_;
  watch(std::exchange(holders_, {}));
  // What was told until now is taken in before this look is.
  events_->flush();
  const base::Moment end = read_clocks();
  snapshot.finished = end.boot;
  snapshot.suspended_at_finish = end.suspended;
  return snapshot;
}

bool EventSensor::is_avoided(base::Pid pid) {
  if (!waits_->avoids(pid)) return false;
  avoided_.insert(pid);
  return true;
}

base::Status EventSensor::add_held(SocketPicture& picture) {
  const auto held = descriptors_.look();
  if (!held) return std::unexpected(held.error());
  for (const bpf::Held& one : *held)
    if (picture.add(one)) holders_.insert_or_assign(one.holder.key.pid, one.holder);
  return {};
}

std::vector<SocketRow> EventSensor::read_tables(model::Coverage& coverage, base::Netns netns) {
  std::vector<SocketRow> rows;
  coverage = {};
  for (const net::Protocol protocol : kTableProtocols)
    note_tables(coverage, netns, protocol, tables_.read(protocol, rows));
  // The pass over all descriptors shows every namespace.
  for (const net::Protocol protocol : kTableProtocols) note_tables(coverage, {}, protocol, {});
  std::ranges::sort(coverage.tables);
  coverage.are_bind_intents_known = true;
  return rows;
}

std::vector<EventSensor::Unheld> EventSensor::find_unheld(const SocketPicture& picture,
                                                          model::Coverage& coverage, base::Netns own) {
  std::vector<Unheld> found;
  for (SocketRow& row : picture.unheld(read_tables(coverage, own))) found.push_back({own, std::move(row)});
  find_elsewhere(picture, coverage, found);
  return found;
}

/// A socket that we know of, in a namespace whose tables nobody shows, may be one that no process holds.
void EventSensor::find_elsewhere(const SocketPicture& picture, model::Coverage& coverage,
                                 std::vector<Unheld>& found) {
  const auto inodes = sockets_->inodes();
  std::set<base::Netns> networks;
  for (const base::Netns netns : networks_->inhabited()) networks.insert(netns);
  for (const auto& [netns, of_known] : inodes) networks.insert(netns);
  // The kernel goes through the sockets of all namespaces for each: where there are many, looks take turns.
  std::vector<base::Netns> in_turn(networks.upper_bound(last_network_), networks.end());
  in_turn.insert(in_turn.end(), networks.begin(), networks.upper_bound(last_network_));
  const base::BootTime deadline = read_clocks().boot + kMostForTables;
  for (const base::Netns netns : in_turn) {
    const bool is_its_turn = read_clocks().boot < deadline;
    if (is_its_turn) last_network_ = netns;
    if (const auto rows = is_its_turn ? networks_->tables_of(netns) : std::nullopt) {
      for (const SocketRow& row : *rows) {
        if (row.inode == 0 || picture.holds(netns, row.inode)) continue;
        found.push_back({netns, row});
        if (const auto id = sockets_->id_of(netns, row.inode, row.endpoint)) found.back().row.id = *id;
      }
      continue;
    }
    const auto known = inodes.find(netns);
    const auto is_held = [&](std::uint64_t inode) { return picture.holds(netns, inode); };
    if (known == inodes.end() || std::ranges::all_of(known->second, is_held)) continue;
    const bool seems_empty = is_its_turn && std::ranges::none_of(known->second, is_held);
    sockets_->keep(netns, read_clocks().boot, seems_empty);
    for (const net::Protocol protocol : kTableProtocols)
      note_tables(coverage, netns, protocol,
                  base::fail(base::ErrorCode::kUnavailable,
                             "nobody who lives in that network has shown its sockets"));
  }
}

/// A socket that opened behind the pass is listed, and its holder was not seen. So one is unheld only when it
/// is listed before and after another pass that does not show it.
base::Status EventSensor::add_unheld(SocketPicture& picture, model::Coverage& coverage, base::Netns own) {
  const auto name_of = [](const Unheld& socket) { return std::pair(socket.netns, socket.row.id); };
  std::vector<Unheld> found = find_unheld(picture, coverage, own);
  if (!std::ranges::all_of(found, [&](const Unheld& socket) { return unheld_.contains(name_of(socket)); })) {
    std::set<std::pair<base::Netns, model::SocketId>> before;
    for (const Unheld& socket : found) before.insert(name_of(socket));
    PW_TRY(add_held(picture));
    found = find_unheld(picture, coverage, own);
    std::erase_if(found, [&](const Unheld& socket) { return !before.contains(name_of(socket)); });
  }
  unheld_.clear();
  for (const Unheld& socket : found) {
    picture.add_unheld(socket.netns, socket.row);
    unheld_.insert(name_of(socket));
  }
  return {};
}

/// What was neither seen nor told of since the look began is gone.
void EventSensor::note_elsewhere(const model::Snapshot& snapshot) {
  for (const model::Sighting& sighting : snapshot.sightings)
    if (!networks_->is_own(sighting.socket.netns)) sockets_->note(sighting.socket, snapshot.started);
  sockets_->forget_before(snapshot.started);
}

/// Who opens a socket is watched already; whoever holds none any more need not be.
void EventSensor::watch(std::unordered_map<base::Pid, bpf::ImageId> holders) {
  for (const auto& [pid, image] : holders) {
    const auto known = watched_.find(pid);
    if (known == watched_.end() || known->second != image) static_cast<void>(events_->watch(image));
  }
  // io_uring can keep a socket for one that has no descriptor of it.
  const bool may_hold_unseen =
      std::ranges::any_of(unheld_, [&](const auto& socket) { return !kernels_own_.contains(socket); });
  if (!may_hold_unseen)
    for (const base::Pid pid : events_->watched())
      if (!holders.contains(pid)) events_->unwatch(pid);
  watched_ = std::move(holders);
}

}  // namespace portwatch::sensor
