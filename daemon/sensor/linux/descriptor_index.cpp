// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/descriptor_index.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/sensor/linux/directory_reader.h"
#include "daemon/sensor/linux/file_reader.h"
#include "daemon/sensor/linux/proc_pid.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kFolderBuffer = 32768;
constexpr std::size_t kMinFolderBuffer = 512;
constexpr std::size_t kEntrySize = 24;   // of a name with few digits; at most 280
constexpr std::size_t kLinkBuffer = 32;  // "socket:[4294967295]"; other links may be cut
constexpr std::size_t kStep = 256;       ///< descriptors that are read before somebody asks how it gets on
constexpr int kMaxParents = 64;
constexpr std::size_t kCostOfProcess = 3;  // opening a folder, in descriptors
constexpr std::size_t kThreadShare = 10;   ///< threads and their descriptors, in shares of what is revisited
constexpr std::size_t kFirstShare = 64;    // of one new process, before the next one has its turn
constexpr std::size_t kShareGrowth = 8;
constexpr std::size_t kSuspectShare = 4096;  // of one process that more speaks for than for others
constexpr std::size_t kFirstLook = 10;       // times the budget of others
constexpr std::size_t kMaxCounted = 1000;    // processes whose descriptors are counted in one look

/// The folder of a process's descriptors, or one of them in it.
std::string descriptors_of(const std::string& proc, const KnownProcess& process) {
  return process_folder(proc, process.pid, process.thread) + "/fd";
}
std::string descriptor_of(const std::string& proc, const KnownProcess& process, const HeldDescriptor& held) {
  if (held.thread.value == 0) return fmt::format("{}/{}", descriptors_of(proc, process), held.fd);
  return fmt::format("{}/fd/{}", process_folder(proc, process.pid, held.thread), held.fd);
}

/// Whether a thread uses the descriptors of its process, as threads do; false also when that is not told
/// (kcmp(2) may be missing from the kernel or be refused).
bool shares_descriptors(base::Pid process, base::Pid thread) {
  return ::syscall(SYS_kcmp, process.value, thread.value, KCMP_FILES, 0, 0) == 0;
}

/// How many descriptors there are in a folder /proc/PID/fd: its size, since Linux 6.2; 0 before.
/// `path` is empty for the folder itself.
std::uint64_t count_descriptors(int folder, const std::string& path) {
  struct statx status{};
  if (::statx(folder, path.c_str(), AT_STATX_DONT_SYNC | AT_EMPTY_PATH, STATX_SIZE, &status) != 0) return 0;
  return status.stx_size;
}

}  // namespace

DescriptorIndex::DescriptorIndex(Procfs proc, std::size_t revisit_descriptors, std::size_t walk_descriptors)
    : proc_(std::move(proc)),
      revisit_descriptors_(revisit_descriptors),
      walk_descriptors_(walk_descriptors),
      processes_(proc_.path()),
      buffer_(kFolderBuffer) {}

base::Status DescriptorIndex::begin_look() {
  PW_TRY(processes_.refresh());
  ++look_;
  budget_ = look_ == 1 ? walk_descriptors_ * kFirstLook : walk_descriptors_;
  is_behind_ = false;
  for (const auto& process : processes_.gone()) drop(*process);
  return {};
}

WatchedSocket* DescriptorIndex::watch(std::uint64_t inode, model::SocketId id) {
  auto& slot = sockets_[inode];
  if (slot) return nullptr;
  slot = std::make_unique<WatchedSocket>();
  slot->inode = inode;
  slot->id = id;
  unowned_.insert(slot.get());
  unsearched_.insert(slot.get());
  note_change(*slot);
  return slot.get();
}

void DescriptorIndex::forget(WatchedSocket& socket) {
  for (KnownProcess* const holder : socket.holders) holder->held.erase(socket.inode);
  if (socket.has_changed) std::erase(changed_, &socket);
  shared_.erase(&socket);
  unowned_.erase(&socket);
  unsearched_.erase(&socket);
  sockets_.erase(socket.inode);
}

void DescriptorIndex::note_change(WatchedSocket& socket) {
  if (!std::exchange(socket.has_changed, true)) changed_.push_back(&socket);
}

void DescriptorIndex::note_change(KnownProcess& process) {
  for (const auto& [inode, held] : process.held) note_change(*held.socket);
}

std::vector<WatchedSocket*> DescriptorIndex::take_changed() {
  for (WatchedSocket* const socket : changed_) socket->has_changed = false;
  return std::exchange(changed_, {});
}

void DescriptorIndex::drop(KnownProcess& process) {
  for (auto& [inode, held] : process.held) release(process, *held.socket);
  process.held.clear();
}

/// Takes the process off the socket's holders; its own side is the caller's.
void DescriptorIndex::release(KnownProcess& process, WatchedSocket& socket) {
  std::erase(socket.holders, &process);
  note_change(socket);
  if (socket.holders.size() < 2) shared_.erase(&socket);
  if (!socket.holders.empty()) return;
  socket.vain_searches = 0;
  unowned_.insert(&socket);
}

void DescriptorIndex::found(KnownProcess& process, std::int32_t fd, std::uint64_t inode, base::Pid thread) {
  if (const auto known = process.held.find(inode); known != process.held.end()) {
    known->second.fd = fd;
    known->second.thread = thread;
    known->second.turn = process.turn;
    return;
  }
  const auto watched = sockets_.find(inode);
  if (watched == sockets_.end()) return;
  WatchedSocket& socket = *watched->second;
  process.held.emplace(inode,
                       HeldDescriptor{.socket = &socket, .fd = fd, .thread = thread, .turn = process.turn});
  if (socket.holders.empty()) unowned_.erase(&socket);
  if (socket.holders.empty() && socket.searched_in == search_ && missing_ > 0) --missing_;
  process.gained_in_look = look_;
  socket.holders.push_back(&process);
  socket.vain_searches = 0;
  note_change(socket);
  if (socket.holders.size() == 2) shared_.insert(&socket);
}

DescriptorIndex::Outcome DescriptorIndex::read_descriptors(KnownProcess& process, std::size_t& limit) {
  const auto outcome_of = [](int os_errno) {
    if (means_gone(os_errno)) return Outcome::kGone;
    return means_denied(os_errno) ? Outcome::kDenied : Outcome::kFailed;
  };
  Visit visit = proc_.visit(process.pid);
  if (!visit) return Outcome::kAvoided;
  const std::string path = descriptors_of(proc_.path(), process);
  const auto folder = open_folder(AT_FDCWD, path.c_str());
  if (!folder) return outcome_of(folder.error());
  if (process.position == 0) process.is_empty = true;
  if (process.position == 0) process.descriptors_at_start = count_descriptors(folder->get(), "");
  // The kernel makes an entry for all that fits into the buffer: no more than will be looked at.
  const std::size_t size = std::clamp(limit < buffer_.size() ? limit * kEntrySize : buffer_.size(),
                                      kMinFolderBuffer, buffer_.size());
  DirectoryReader reader(folder->get(), std::span(buffer_).first(size));
  if (process.position != 0) reader.seek(process.position);
  while (limit > 0) {
    const auto entry = reader.next();
    if (!entry) return reader.os_errno() == 0 ? Outcome::kWhole : outcome_of(reader.os_errno());
    if (--limit % kStep == 0) visit.goes_on();
    process.is_empty = false;
    process.position = entry->position;
    std::array<char, kLinkBuffer> buffer;
    const auto link = read_link(folder->get(), entry->name, buffer);
    if (!link && means_denied(link.error())) return Outcome::kDenied;
    if (!link) continue;  // closed meanwhile, or too long for a socket
    const auto inode = parse_socket_link(*link);
    const auto fd = inode ? parse_descriptor(entry->name) : std::nullopt;
    if (fd) found(process, *fd, *inode);
  }
  return Outcome::kPart;
}

DescriptorIndex::Outcome DescriptorIndex::read_turn(KnownProcess& process, std::size_t& limit) {
  const Outcome outcome = read_descriptors(process, limit);
  switch (outcome) {
    case Outcome::kPart: return outcome;
    case Outcome::kWhole:
      if (process.is_empty && find_head(process)) return read_turn(process, limit);
      process.access = Access::kReadable;
      process.descriptors = process.descriptors_at_start;
      release_unseen(process);
      break;
    case Outcome::kGone:
      process.thread = {};
      drop(process);
      break;
    case Outcome::kDenied:
      if (find_head(process)) return read_turn(process, limit);
      note_denied(process);
      break;
    case Outcome::kAvoided:
      process.access = Access::kAvoided;
      drop(process);
      break;
    case Outcome::kFailed: break;  // out of descriptors ourselves: nothing is known
  }
  process.position = 0;
  process.is_unfinished = false;
  ++process.turn;
  return outcome;
}

bool DescriptorIndex::walk(KnownProcess& process, std::size_t most) {
  if (!process.is_unfinished) {
    process.position = 0;
    ++process.turn;
  }
  process.is_unfinished = true;
  const std::size_t share = std::min(most, budget_);
  std::size_t left = share;
  if (share > 0) read_turn(process, left);
  budget_ -= std::min(budget_, share - left + kCostOfProcess);
  if (process.is_unfinished) {
    is_behind_ = true;
    return false;
  }
  process.walked_in_look = look_;
  return true;
}

/// Lets go of what the turn that ends now did not show. A descriptor can move behind the place where the turn
/// was, so each is asked once more.
void DescriptorIndex::release_unseen(KnownProcess& process) {
  std::erase_if(process.held, [&](const auto& entry) {
    const HeldDescriptor& held = entry.second;
    if (held.turn == process.turn || still_shows(process, held).value_or(true)) return false;
    release(process, *held.socket);
    return true;
  });
}

/// Nothing when it may not be known.
std::optional<bool> DescriptorIndex::still_shows(const KnownProcess& process,
                                                 const HeldDescriptor& held) const {
  const Visit visit = proc_.visit(process.pid);
  if (!visit) return std::nullopt;
  std::array<char, kLinkBuffer> buffer;
  const auto link = read_link(AT_FDCWD, descriptor_of(proc_.path(), process, held).c_str(), buffer);
  if (link) return parse_socket_link(*link) == held.socket->inode;
  if (means_gone(link.error()) || link.error() == ENAMETOOLONG) return false;
  return std::nullopt;
}

void DescriptorIndex::note_denied(KnownProcess& process) {
  // Kernel threads and zombies have no descriptors that could be hidden from us.
  const auto stat = read_stat(proc_, process.pid);
  process.access = !stat || stat->is_kernel_thread || (stat->is_dead() && !stat->is_headless())
                       ? Access::kReadable
                       : Access::kDenied;
}

/// Whether another thread of a process without descriptors may have some: its first thread has ended, and
/// another is found that lives.
bool DescriptorIndex::find_head(KnownProcess& process) {
  if (process.is_kernel_thread || process.thread.value != 0) return false;
  const auto stat = read_stat(proc_, process.pid);
  process.is_kernel_thread = stat && stat->is_kernel_thread;
  if (!stat || !stat->is_headless()) return false;
  process.thread = find_living_thread(proc_, process.pid).value_or(base::Pid{});
  process.position = 0;
  return process.thread.value != 0;
}

/// All of them some descriptors, then those that have more some more, and so on.
void DescriptorIndex::walk_new_processes() {
  std::vector<KnownProcess*> waiting;
  for (const auto& process : processes_.all())
    if (process->walked_in_look == 0 || process->is_unfinished || process->access == Access::kAvoided)
      waiting.push_back(process.get());
  std::ranges::rotate(waiting, std::ranges::lower_bound(waiting, walk_next_, {}, &KnownProcess::pid));
  // Something is left for searches.
  const std::size_t reserve = look_ == 1 ? 0 : budget_ / 4;
  for (std::size_t share = kFirstShare; !waiting.empty() && budget_ > reserve; share *= kShareGrowth) {
    std::erase_if(waiting, [&](KnownProcess* process) {
      if (budget_ <= reserve) return false;
      walk_next_ = base::Pid{process->pid.value + 1};
      return walk(*process, share);
    });
  }
  is_behind_ = !waiting.empty();
}

bool DescriptorIndex::is_suspect(const KnownProcess& process, Suspect suspect) const {
  switch (suspect) {
    case Suspect::kHolder: return !process.held.empty();
    case Suspect::kAnybody: return process.asked_in_round != round_;
    case Suspect::kChanged: break;
  }
  if (!can_count_ || process.access != Access::kReadable) return false;
  const Visit visit = proc_.visit(process.pid);
  return visit && count_descriptors(AT_FDCWD, descriptors_of(proc_.path(), process)) != process.descriptors;
}

/// Only anybody's turn may use up the budget: it comes around to everybody.
void DescriptorIndex::ask(Suspect suspect) {
  const bool is_last = suspect == Suspect::kAnybody;
  const std::size_t reserve = is_last ? 0 : budget_ - budget_ / 4;
  for (const auto& process : processes_.all() | std::views::reverse) {
    if (missing_ == 0 || budget_ <= reserve) return;
    if (process->walked_in_look == look_ ||
        (is_suspect(*process, suspect) && walk(*process, is_last ? budget_ : kSuspectShare)))
      process->asked_in_round = round_;
  }
}

void DescriptorIndex::search(std::uint32_t max_vain_searches) {
  for (WatchedSocket* const socket : unowned_)
    if (socket->vain_searches < max_vain_searches) unsearched_.insert(socket);
  if (unsearched_.empty()) return search_threads();
  const bool is_new_round = !std::exchange(has_round_, true);
  if (is_new_round) ++round_;
  ++search_;
  missing_ = 0;
  for (WatchedSocket* const socket : unsearched_) {
    socket->searched_in = search_;
    // Who comes in the middle of a round is looked for in all of the next one too.
    if (socket->round == 0) socket->round = is_new_round ? round_ : round_ + 1;
    if (socket->holders.empty()) ++missing_;
  }
  for (const Suspect suspect : {Suspect::kHolder, Suspect::kChanged, Suspect::kAnybody}) ask(suspect);
  has_round_ = missing_ > 0 && !std::ranges::all_of(processes_.all(), [this](const auto& process) {
                 return process->asked_in_round == round_ || process->walked_in_look == look_;
               });
  is_behind_ = is_behind_ || has_round_;
  if (missing_ > 0) threads_left_ = processes_.all().size();
  search_threads();
  end_search();
}

/// Lets go of the sockets that were found, or that everybody was asked for.
void DescriptorIndex::end_search() {
  std::vector<WatchedSocket*> done;
  std::erase_if(unsearched_, [&](WatchedSocket* socket) {
    if (socket->holders.empty() && (has_round_ || socket->round > round_)) return false;
    done.push_back(socket);
    return true;
  });
  const bool is_everybody_new = processes_.fresh().size() == processes_.all().size();
  for (WatchedSocket* const socket : done) {
    socket->round = 0;
    if (socket->holders.empty()) ++socket->vain_searches;
    // In the first look everybody was walked anyway.
    if (is_everybody_new) continue;
    // A climb finds further holders: by index, because the vector grows.
    for (std::size_t index = 0; index < socket->holders.size(); ++index) climb(*socket->holders[index]);
  }
}

/// For sockets that no process shows: every thread that has descriptors of its own, process by process, as
/// far as the budget goes, and on from there in the next look. Who has many of them hides no longer than
/// until their turn.
void DescriptorIndex::search_threads() {
  threads_left_ = std::min(threads_left_, processes_.all().size());
  if (threads_left_ == 0) return;
  ++search_;
  for (WatchedSocket* const socket : unowned_) socket->searched_in = search_;
  missing_ = unowned_.size();
  std::size_t limit = kThreadShare * revisit_descriptors_;
  for (; threads_left_ > 0 && missing_ > 0 && limit > 0; --threads_left_) {
    KnownProcess& process = next_of(thread_turn_.process);
    if (process.is_kernel_thread || process.access == Access::kDenied || process.access == Access::kAvoided)
      continue;
    limit -= std::min(limit, kCostOfProcess);
    if (!search_threads_of(process, limit)) break;
  }
  if (missing_ == 0) threads_left_ = 0;
  missing_ = 0;
}

/// False: the budget has come to its end before the threads; thread_turn_ says where.
bool DescriptorIndex::search_threads_of(KnownProcess& process, std::size_t& limit) {
  Visit visit = proc_.visit(process.pid);
  if (!visit) return true;
  const ThreadTurn turn = std::exchange(thread_turn_, {.process = thread_turn_.process});
  const bool goes_on = turn.owner == process.pid;
  std::vector<base::Pid> threads = list_threads(proc_, process.pid);
  std::ranges::sort(threads);
  const base::Pid first = process.thread.value == 0 ? process.pid : process.thread;
  for (const base::Pid thread : threads) {
    if (thread == first || (goes_on && thread < turn.thread)) continue;
    visit.goes_on();
    std::int64_t position = goes_on && thread == turn.thread ? turn.position : 0;
    if (limit > 0) --limit;
    if (limit > 0 && position == 0 && shares_descriptors(first, thread)) continue;
    if (limit > 0 && walk_thread(process, thread, position, limit)) continue;
    thread_turn_ = {.process = process.pid, .owner = process.pid, .thread = thread, .position = position};
    return false;
  }
  return true;
}

/// From `position` on, as far as the limit goes. False: there is more, from `position` on.
bool DescriptorIndex::walk_thread(KnownProcess& process, base::Pid thread, std::int64_t& position,
                                  std::size_t& limit) {
  Visit visit = proc_.visit(process.pid);
  const auto folder =
      open_folder(AT_FDCWD, (process_folder(proc_.path(), process.pid, thread) + "/fd").c_str());
  if (!visit || !folder) return true;
  DirectoryReader reader(folder->get(), buffer_);
  if (position != 0) reader.seek(position);
  for (; limit > 0; --limit) {
    const auto entry = reader.next();
    if (!entry) return true;
    position = entry->position;
    if (limit % kStep == 0) visit.goes_on();
    std::array<char, kLinkBuffer> buffer;
    const auto link = read_link(folder->get(), entry->name, buffer);
    const auto inode = link ? parse_socket_link(*link) : std::nullopt;
    const auto fd = inode ? parse_descriptor(entry->name) : std::nullopt;
    if (fd) found(process, *fd, *inode, thread);
  }
  return false;
}

void DescriptorIndex::climb(KnownProcess& process) {
  KnownProcess* child = &process;
  for (int steps = 0; steps < kMaxParents && child != nullptr && child->climbed_in_look != look_; ++steps) {
    child->climbed_in_look = look_;
    const auto stat = read_stat(proc_, child->pid);
    child = stat && stat->parent.value > 0 ? processes_.find(stat->parent) : nullptr;
    if (child != nullptr && child->walked_in_look != look_) walk(*child);
  }
}

bool DescriptorIndex::confirm(WatchedSocket& socket) {
  const std::vector<KnownProcess*> holders = socket.holders;
  for (KnownProcess* const holder : holders) {
    const auto held = holder->held.find(socket.inode);
    if (still_shows(*holder, held->second).value_or(false)) continue;
    holder->held.erase(held);
    release(*holder, socket);
  }
  return !socket.holders.empty();
}

void DescriptorIndex::revisit() {
  std::size_t shared_holders = 0;
  for (const WatchedSocket* const socket : shared_) shared_holders += socket->holders.size();
  if (shared_holders <= revisit_descriptors_) {
    // More than that are left to the turns.
    const std::vector<WatchedSocket*> shared(shared_.begin(), shared_.end());
    for (WatchedSocket* const socket : shared) static_cast<void>(confirm(*socket));
  }
  std::size_t hurried = revisit_descriptors_ / 2;
  revisit_changed(hurried);
  // Where the kernel counts descriptors, what the turns are left with is rare, and half is enough.
  std::size_t limit = revisit_descriptors_ / 2 + (can_count_ ? 0 : hurried);
  revisit_in_turn(limit);
}

/// The processes that have more or less descriptors than before: one of them may be a socket that was passed.
/// Kernels before 6.2 do not tell how many there are.
void DescriptorIndex::revisit_changed(std::size_t& limit) {
  const auto& all = processes_.all();
  for (std::size_t asked = 0; asked < std::min(all.size(), kMaxCounted) && limit > 0; ++asked) {
    KnownProcess& process = next_of(count_next_);
    if (process.walked_in_look == look_ || process.access != Access::kReadable) continue;
    const Visit visit = proc_.visit(process.pid);
    if (!visit) continue;
    const std::uint64_t count = count_descriptors(AT_FDCWD, descriptors_of(proc_.path(), process));
    can_count_ = can_count_ || count > 0;
    if (count == process.descriptors) continue;
    limit -= std::min(limit, kCostOfProcess);
    if (read_turn(process, limit) == Outcome::kPart) count_next_ = process.pid;
  }
}

void DescriptorIndex::revisit_in_turn(std::size_t& limit) {
  for (std::size_t visited = 0; visited < processes_.all().size() && limit > 0; ++visited) {
    KnownProcess& process = next_of(revisit_next_);
    if (process.walked_in_look == look_ || process.access == Access::kAvoided) continue;
    limit -= std::min(limit, kCostOfProcess);
    if (read_turn(process, limit) == Outcome::kPart) revisit_next_ = process.pid;
  }
}

/// The first process from `pid` on, around the end; `pid` becomes the one behind it. There must be one.
KnownProcess& DescriptorIndex::next_of(base::Pid& pid) const {
  const auto& all = processes_.all();
  auto at = std::ranges::lower_bound(all, pid, {}, [](const auto& process) { return process->pid; });
  if (at == all.end()) at = all.begin();
  pid = base::Pid{(*at)->pid.value + 1};
  return **at;
}

}  // namespace portwatch::sensor
