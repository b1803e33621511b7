// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/event_sensor.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/guarded.h"
#include "daemon/sensor/linux/interfaces.h"
#include "daemon/sensor/linux/process_reader.h"

namespace portwatch::sensor {
namespace {

constexpr std::array kTableProtocols{net::Protocol::kTcp, net::Protocol::kUdp};

ProcessBook::Questions questions(const std::string& proc, const std::shared_ptr<WaitBook>& waits,
                                 base::Micros patience) {
  const auto users = std::make_shared<UserNames>();
  const auto reader =
      std::make_shared<Guarded<ProcessReader>>(waits, patience, [proc](std::shared_ptr<Visits> visits) {
        return std::make_shared<ProcessReader>(Procfs(proc, std::move(visits)));
      });
  return {.now = read_clocks,
          .user_name = [users](base::Uid uid) { return users->name_of(uid); },
          .process = [reader](base::Pid pid) -> model::ProcessRef {
            const auto read = [pid](ProcessReader& from) -> model::ProcessRef {
              from.begin_look(read_clocks());
              auto reading = from.read(pid);
              return reading ? std::move(reading->details) : nullptr;
            };
            return reader->run(read).value_or(nullptr);
          }};
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
  auto processes = std::make_unique<ProcessBook>(questions(proc, waits, patience));
  auto networks = std::make_unique<NetworkNamespaces>((*facts)->netns, NetworkNames(""),
                                                      network_questions(proc, waits, patience));
  networks->set_host(*facts);
  auto events =
      EventThread::start(*std::move(programs), EventTranslator(*processes, *networks, interface_name));
  if (!events) return std::unexpected(std::move(events).error());
  return std::unique_ptr<EventSensor>(new EventSensor(proc, std::move(waits), *std::move(descriptors),
                                                      std::move(processes), std::move(networks),
                                                      *std::move(events)));
}

EventSensor::EventSensor(const std::string& proc, std::shared_ptr<WaitBook> waits,
                         bpf::SocketIterator descriptors, std::unique_ptr<ProcessBook> processes,
                         std::unique_ptr<NetworkNamespaces> networks, std::unique_ptr<EventThread> events)
    : host_(proc),
      waits_(std::move(waits)),
      descriptors_(std::move(descriptors)),
      processes_(std::move(processes)),
      networks_(std::move(networks)),
      events_(std::move(events)) {}

model::SensorInfo EventSensor::info() const {
  model::SensorInfo info{
      .name = "bpf",
      .summary =
          "programs in the kernel (BPF) tell what opens and closes as it happens, and show who holds it",
      .blind_spots = {"sockets in other network namespaces that no process holds (the kernel's own, or in "
                      "flight) are not seen"},
      .skipped = {}};
  if (const std::uint32_t denied = denied_; denied > 0)
    info.blind_spots.push_back(fmt::format(
        "{} that listened before portwatchd began cannot be looked into (CAP_SYS_PTRACE is missing, or "
        "a security module forbids it): they are known by their names alone",
        denied == 1 ? "1 process" : fmt::format("{} processes", denied)));
  auto spots = waits_->blind_spots();
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

  networks_->set_host(snapshot.host);
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
  denied_ = count_denied(snapshot.sightings);
  snapshot.coverage.denied_processes = denied_ + static_cast<std::uint32_t>(avoided_.size());
  watch(holders_);
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
  for (const net::Protocol protocol : kTableProtocols) {
    const base::Status status = tables_.read(protocol, rows);
    for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6}) {
      const model::Table table{.netns = netns, .protocol = protocol, .family = family};
      if (status)
        coverage.tables.push_back(table);
      else
        coverage.holes.push_back({.table = table, .reason = status.error().message});
    }
  }
  // The pass over all descriptors shows every namespace.
  for (const net::Protocol protocol : kTableProtocols)
    for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6})
      coverage.tables.push_back({.netns = {}, .protocol = protocol, .family = family});
  std::ranges::sort(coverage.tables);
  coverage.are_bind_intents_known = true;
  return rows;
}

/// A socket that opened behind the pass is listed, and its holder was not seen. So one is unheld only when it
/// is listed before and after another pass that does not show it.
base::Status EventSensor::add_unheld(SocketPicture& picture, model::Coverage& coverage, base::Netns netns) {
  std::vector<SocketRow> rows = picture.unheld(read_tables(coverage, netns));
  if (!std::ranges::all_of(rows, [&](const SocketRow& row) { return unheld_.contains(row.id); })) {
    std::unordered_set<model::SocketId> before;
    for (const SocketRow& row : rows) before.insert(row.id);
    PW_TRY(add_held(picture));
    rows = picture.unheld(read_tables(coverage, netns));
    std::erase_if(rows, [&](const SocketRow& row) { return !before.contains(row.id); });
  }
  unheld_.clear();
  for (const SocketRow& row : rows) {
    picture.add_unheld(row);
    unheld_.insert(row.id);
  }
  return {};
}

/// Who opens a socket is watched already; whoever holds none any more need not be.
void EventSensor::watch(const std::unordered_map<base::Pid, bpf::ImageId>& holders) {
  for (const auto& [pid, image] : holders) {
    const auto known = watched_.find(pid);
    if (known == watched_.end() || known->second != image) static_cast<void>(events_->watch(image));
  }
  for (const base::Pid pid : events_->watched())
    if (!holders.contains(pid)) events_->unwatch(pid);
  watched_ = holders;
}

}  // namespace portwatch::sensor
