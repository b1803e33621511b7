// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/owner_finder.h"

#include <algorithm>

#include <unistd.h>

namespace portwatch::sensor {
namespace {

/// A descriptor can be on its way from one process to another while everybody is asked, so ask twice; after
/// that the turns over all descriptors have to find it.
constexpr std::uint32_t kMaxVainSearches = 2;
constexpr int kMaxRounds = 3;

}  // namespace

OwnerFinder::OwnerFinder(std::string proc, std::size_t revisit_descriptors)
    : index_(proc, revisit_descriptors), reader_(std::move(proc)) {}

base::Status OwnerFinder::begin_look(base::Moment now, bool is_initial_pid_namespace) {
  PW_TRY(index_.begin_look());
  reader_.begin_look(now);
  coverage_.is_initial_pid_namespace = is_initial_pid_namespace;
  // Every process but those of other users is shown under hidepid; the first process is always there.
  coverage_.hides_processes = ::geteuid() != 0 && index_.processes().find(base::Pid{1}) == nullptr;
  return {};
}

void OwnerFinder::update(std::span<WatchedSocket* const> listed) {
  index_.walk_new_processes();
  for (int round = 0; round < kMaxRounds; ++round) {
    search_unowned(listed);
    if (refresh_details()) break;
  }
  index_.revisit();
  static_cast<void>(refresh_details());
  count_denied();
}

void OwnerFinder::search_unowned(std::span<WatchedSocket* const> listed) {
  std::vector<WatchedSocket*> wanted;
  for (WatchedSocket* const socket : listed)
    if (socket->holders.empty() && socket->vain_searches < kMaxVainSearches) wanted.push_back(socket);
  if (!wanted.empty()) index_.search(wanted);
}

bool OwnerFinder::refresh_details() {
  bool are_all_there = true;
  for (const auto& process : index_.processes().all())
    if (!process->held.empty() && process->read_in_look != index_.look())
      are_all_there = refresh_details(*process) && are_all_there;
  return are_all_there;
}

bool OwnerFinder::refresh_details(KnownProcess& process) {
  process.read_in_look = index_.look();
  const auto image = reader_.read_image(process.pid);
  if (image && process.details && *image == process.image) return true;
  const bool has_changed = process.details != nullptr;
  // The image is read first: a change between the two shows in the next look.
  process.details = image ? reader_.read(process.pid) : nullptr;
  if (process.details) {
    process.image = *image;
    if (has_changed) index_.walk(process);  // an exec closes descriptors
    return true;
  }
  for (const auto& [inode, held] : process.held) held.socket->lost_in_look = index_.look();
  index_.drop(process);
  return false;
}

void OwnerFinder::count_denied() {
  coverage_.denied_processes = static_cast<std::uint32_t>(std::ranges::count(
      index_.processes().all(), Access::kDenied, [](const auto& process) { return process->access; }));
}

Owners OwnerFinder::owners_of(const WatchedSocket* socket) const {
  Owners owners;
  if (socket != nullptr) {
    owners.processes.reserve(socket->holders.size());
    for (const KnownProcess* const holder : socket->holders)
      if (holder->details) owners.processes.push_back(holder->details);
    if (owners.processes.size() > 1)
      std::ranges::sort(owners.processes, {}, [](const model::ProcessRef& process) { return process->key; });
  }
  if (owners.processes.size() > 1) {
    owners.attribution = model::Attribution::kShared;
  } else if (owners.processes.size() == 1) {
    owners.attribution = owners.processes.front()->attribution;
  } else if (socket != nullptr && socket->lost_in_look == index_.look()) {
    owners.attribution = model::Attribution::kExited;
  } else if (coverage_.denied_processes > 0 || coverage_.hides_processes) {
    owners.attribution = model::Attribution::kDenied;
  } else if (!coverage_.is_initial_pid_namespace) {
    owners.attribution = model::Attribution::kOtherNamespace;
  }
  return owners;
}

}  // namespace portwatch::sensor
