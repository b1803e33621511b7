// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/owner_finder.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/file_reader.h"

namespace portwatch::sensor {
namespace {

/// A descriptor can be on its way from one process to another while everybody is asked, so ask twice; after
/// that the turns over all descriptors have to find it.
constexpr std::uint32_t kMaxVainSearches = 2;
constexpr int kMaxRounds = 3;
constexpr std::uint64_t kLooksBetweenUsers = 16;
constexpr base::Micros kYouth = std::chrono::seconds{30};

}  // namespace

OwnerFinder::OwnerFinder(Procfs proc, std::size_t revisit_descriptors, std::size_t compared_holders)
    : proc_(proc),
      index_(proc, revisit_descriptors),
      reader_(std::move(proc)),
      compared_holders_(compared_holders) {}

base::Status OwnerFinder::begin_look(base::Moment now, bool is_initial_pid_namespace) {
  PW_TRY(index_.begin_look());
  for (const auto& process : index_.processes().gone())
    if (process->details) former_.push_back({.process = process->details->key, .has_ended = true});
  reader_.begin_look(now);
  last_look_ = std::exchange(now_, now.boot);
  comparisons_left_ = compared_holders_;
  coverage_.is_initial_pid_namespace = is_initial_pid_namespace;
  // Every process but those of other users is shown under hidepid; the first process is always there.
  coverage_.hides_processes = ::geteuid() != 0 && index_.processes().find(base::Pid{1}) == nullptr;
  return {};
}

bool OwnerFinder::confirm(WatchedSocket& socket) {
  const std::vector<KnownProcess*> before = socket.holders;
  const bool is_held = index_.confirm(socket);
  for (const KnownProcess* const holder : before)
    if (std::ranges::find(socket.holders, holder) == socket.holders.end()) note_former(*holder);
  return is_held;
}

/// One that has ended stays in the list until its parent has asked how.
void OwnerFinder::note_former(const KnownProcess& process) {
  if (!process.details) return;
  const model::ProcessKey key = process.details->key;
  const auto stat = read_stat(proc_, process.pid);
  if (!stat) return;  // the next look will not list it
  const bool is_another = boot_time_of_ticks(stat->start_ticks) != key.start;
  former_.push_back({.process = key, .has_ended = is_another || (stat->is_dead() && !stat->is_headless())});
}

void OwnerFinder::update() {
  for (int round = 0; round < kMaxRounds; ++round) {
    index_.search(kMaxVainSearches);
    if (refresh_details()) break;
  }
  index_.revisit();
  static_cast<void>(refresh_details());
  count_denied();
}

bool OwnerFinder::refresh_details() {
  bool are_all_there = true;
  for (KnownProcess* const process : take_turns()) are_all_there = refresh_details(*process) && are_all_there;
  return are_all_there;
}

/// Who is new or has a socket that is new cannot wait: its name is told with that socket.
std::vector<KnownProcess*> OwnerFinder::take_turns() {
  std::vector<KnownProcess*> turn;
  std::vector<KnownProcess*> can_wait;
  for (const auto& process : index_.processes().all()) {
    if (process->held.empty() || process->compared_in_look == index_.look()) continue;
    const bool is_urgent = !process->details || process->gained_in_look == index_.look();
    (is_urgent ? turn : can_wait).push_back(process.get());
  }
  const std::size_t count = std::min(comparisons_left_, can_wait.size());
  const auto end = can_wait.begin() + static_cast<std::ptrdiff_t>(count);
  if (end != can_wait.end()) std::ranges::nth_element(can_wait, end, {}, &KnownProcess::compared_in_look);
  turn.insert(turn.end(), can_wait.begin(), end);
  comparisons_left_ -= count;
  return turn;
}

void OwnerFinder::note_late_change(const KnownProcess& process, base::BootTime unchanged_at) {
  if (unchanged_at < last_look_)
    late_changes_.push_back({.process = process.details->key, .since = unchanged_at});
}

bool OwnerFinder::refresh_details(KnownProcess& process) {
  process.compared_in_look = index_.look();
  const bool is_known = process.details != nullptr;
  base::BootTime unchanged_at = process.compared_at;
  if (is_known) {
    const auto image = reader_.read_image(process.pid, process.thread, process.image.has_fixed_addresses);
    const bool is_same_image = image && *image == process.image;
    if (is_same_image) unchanged_at = process.user_compared_at;
    if (is_same_image && !has_changed_user(process)) {
      process.compared_at = now_;
      return true;
    }
  }
  auto reading = reader_.read(process.pid, process.thread);
  if (is_known && (reading || !means_our_own_failure(reading.error())))
    note_late_change(process, unchanged_at);
  if (reading) {
    process.compared_at = process.user_compared_at = now_;
    process.details = std::move(reading->details);
    process.image = reading->image;
    if (is_known) index_.walk(process);  // an exec closes descriptors
    index_.note_change(process);
    return true;
  }
  if (means_our_own_failure(reading.error())) return true;  // what is known of it stays
  process.details = nullptr;
  process.thread = {};
  if (!means_denied(reading.error()))
    for (const auto& [inode, held] : process.held) held.socket->lost_in_look = index_.look();
  index_.drop(process);
  return false;
}

/// A server binds as root and then becomes somebody else: soon after its start. So young processes are asked
/// in each look, the others in turns.
bool OwnerFinder::has_changed_user(KnownProcess& process) {
  const bool is_young = now_ - process.details->key.start < kYouth;
  std::uint64_t& due = process.user_due_in_look;
  // Not all in the same look that came in the same look.
  if (due == 0) due = index_.look() + static_cast<std::uint64_t>(process.pid.value) % kLooksBetweenUsers;
  if (!is_young && index_.look() < due) return false;
  due = index_.look() + kLooksBetweenUsers;
  const auto uid = reader_.read_uid(process.pid, process.thread);
  if (uid == process.details->uid) process.user_compared_at = now_;
  return uid && uid != process.details->uid;
}

void OwnerFinder::count_denied() {
  const auto count = [this](Access access) {
    return static_cast<std::uint32_t>(std::ranges::count(
        index_.processes().all(), access, [](const auto& process) { return process->access; }));
  };
  coverage_.denied_processes = count(Access::kDenied);
  coverage_.avoided_processes = count(Access::kAvoided);
}

Owners OwnerFinder::owners_of(const WatchedSocket& socket) const {
  Owners owners;
  owners.processes.reserve(socket.holders.size());
  for (const KnownProcess* const holder : socket.holders)
    if (holder->details) owners.processes.push_back(holder->details);
  std::ranges::sort(owners.processes, {}, [](const model::ProcessRef& process) { return process->key; });
  if (owners.processes.size() > 1) {
    owners.attribution = model::Attribution::kShared;
  } else if (owners.processes.size() == 1) {
    owners.attribution = owners.processes.front()->attribution;
  } else if (!socket.holders.empty()) {
    owners.attribution = model::Attribution::kDenied;  // out of descriptors, we could not read the holder
  } else if (socket.lost_in_look == index_.look() ||
             (index_.is_behind() && socket.vain_searches == 0)) {  // nobody knows yet
    owners.attribution = model::Attribution::kExited;
  } else {
    owners.attribution = why_unowned();
  }
  return owners;
}

model::Attribution OwnerFinder::why_unowned() const {
  if (coverage_.denied_processes > 0 || coverage_.avoided_processes > 0 || coverage_.hides_processes)
    return model::Attribution::kDenied;
  return coverage_.is_initial_pid_namespace ? model::Attribution::kKernel
                                            : model::Attribution::kOtherNamespace;
}

}  // namespace portwatch::sensor
