// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/bpf/event_programs.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <initializer_list>
#include <utility>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>

#include "common/platform/descriptor.h"
#include "daemon/sensor/linux/bpf/abi.h"
#include "daemon/sensor/linux/bpf/kernel_log.h"
#include "daemon/sensor/linux/bpf/mapping.h"
#include "daemon/sensor/linux/bpf/opening.h"

// The skeleton names it without its namespace.
using portwatch::sensor::bpf::abi::Shared;  // NOLINT(google-global-names-in-headers)
#include <events.skel.h>
#include <events_typed.skel.h>

namespace portwatch::sensor::bpf {
namespace {

/// Programs that mean something only together.
enum class Part : std::uint8_t { kListening, kBinds, kHolders };
constexpr std::array kParts{Part::kListening, Part::kBinds, Part::kHolders};

std::string_view name_of(Part part) {
  switch (part) {
    case Part::kListening: return "listening TCP sockets";
    case Part::kBinds: return "UDP sockets and refused binds";
    case Part::kHolders: return "exec, fork and exit of holders";
  }
  return "";
}

struct Program {
  Part part;
  bpf_program* program;
  bpf_link** link;
};

std::vector<Program> programs_of(events_bpf& skeleton) {
  auto& programs = skeleton.progs;
  auto& links = skeleton.links;
  return {{Part::kListening, programs.listening, &links.listening},
          {Part::kListening, programs.socket_state, &links.socket_state},
          {Part::kBinds, programs.bound4, &links.bound4},
          {Part::kBinds, programs.bound6, &links.bound6},
          {Part::kBinds, programs.wish4, &links.wish4},
          {Part::kBinds, programs.wish6, &links.wish6},
          {Part::kBinds, programs.released, &links.released},
          {Part::kHolders, programs.holder_exit, &links.holder_exit},
          {Part::kHolders, programs.holder_exec, &links.holder_exec},
          {Part::kHolders, programs.holder_fork, &links.holder_fork}};
}

/// How far CLOCK_MONOTONIC_COARSE goes at once (clock_getres(2)).
base::Micros clock_tick() {
  timespec tick{};
  if (::clock_getres(CLOCK_MONOTONIC_COARSE, &tick) != 0) return std::chrono::milliseconds{10};
  return std::chrono::ceil<base::Micros>(std::chrono::seconds{tick.tv_sec} +
                                         std::chrono::nanoseconds{tick.tv_nsec});
}

struct DestroySkeleton {
  void operator()(events_bpf* skeleton) const { events_bpf::destroy(skeleton); }
};
using Skeleton = std::unique_ptr<events_bpf, DestroySkeleton>;

bool is_of_control_group(const bpf_program* program) {
  return bpf_program__type(program) != BPF_PROG_TYPE_TRACING;
}

/// What stays of the kernel's own words: the last line that is no more than an echo of the code.
std::string reason_of(int os_errno, const KernelLog& log, const Conditions& conditions) {
  const std::string program = log.failed_program();
  if (program.empty()) return explain(os_errno, conditions);
  return fmt::format("program {}: {}", program, explain(os_errno, conditions));
}

}  // namespace

struct EventPrograms::Loaded {
  Skeleton skeleton;
  std::vector<Missing> missing;
  std::optional<Ring> ring;
  Mapping wishes;
  Mapping told;

  [[nodiscard]] std::span<abi::WishSlot> wish_slots() const {
    return {reinterpret_cast<abi::WishSlot*>(wishes.data()), abi::kWishSlots};
  }
  [[nodiscard]] std::span<abi::ToldSlot> told_slots() const {
    return {reinterpret_cast<abi::ToldSlot*>(told.data()), abi::kToldSlots};
  }
};

namespace {

class Loader {
 public:
  Loader(const Conditions& conditions, const EventPrograms::Options& options)
      : conditions_(conditions), options_(options) {
    wanted_[static_cast<std::size_t>(Part::kBinds)] = options.sees_binds;
    wanted_[static_cast<std::size_t>(Part::kHolders)] = options.sees_holders;
  }

  /// Loads what the kernel takes: other programs, and without a part that it refuses, again and again.
  base::Result<Skeleton> run() {
    for (bool are_typed = options_.reads_by_type;;) {
      KernelLog log;
      Skeleton skeleton = open(are_typed);
      if (!skeleton) return base::fail_os("cannot read the programs for the kernel", errno);
      for (const Program& each : programs_of(*skeleton))
        bpf_program__set_autoload(each.program, wants(each.part));
      bpf_map__set_max_entries(skeleton->maps.ring, options_.ring_bytes);
      skeleton->rodata->tick_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(clock_tick()).count());
      if (const int error = events_bpf::load(skeleton.get()); error != 0) {
        // Kernels before 6.2, and those without a compiler for such calls. What else is wrong is wrong with
        // the others too.
        if (std::exchange(are_typed, false)) continue;
        const Part refused = part_named(*skeleton, log.failed_program());
        const std::string reason = reason_of(-error, log, conditions_);
        if (refused == Part::kListening) return base::fail(base::ErrorCode::kUnsupported, reason);
        leave_out(refused, reason);
        continue;
      }
      PW_TRY(attach(*skeleton));
      return skeleton;
    }
  }

  std::vector<EventPrograms::Missing> take_missing() { return std::move(missing_); }

 private:
  [[nodiscard]] bool wants(Part part) const { return wanted_[static_cast<std::size_t>(part)]; }

  void leave_out(Part part, std::string reason) {
    wanted_[static_cast<std::size_t>(part)] = false;
    missing_.push_back({.what = std::string(name_of(part)), .reason = std::move(reason)});
  }

  /// The same programs and maps, compiled for reading by type or by calls. Nothing: errno says why.
  [[nodiscard]] Skeleton open(bool are_typed) const {
    const bpf_object_open_opts opening = opening_for(conditions_);
    Skeleton skeleton{static_cast<events_bpf*>(std::calloc(1, sizeof(events_bpf)))};  // it is freed as C does
    int error = skeleton ? events_bpf__create_skeleton(skeleton.get()) : -ENOMEM;
    if (error == 0) {
      bpf_object_skeleton& object = *skeleton->skeleton;
      if (are_typed) object.data = const_cast<void*>(events_typed_bpf::elf_bytes(&object.data_sz));
      error = bpf_object__open_skeleton(&object, &opening);
    }
    if (error == 0) return skeleton;
    skeleton.reset();
    errno = -error;
    return nullptr;
  }

  /// The first part when no program is named: then nothing can be loaded.
  static Part part_named(events_bpf& skeleton, const std::string& name) {
    for (const Program& each : programs_of(skeleton))
      if (name == bpf_program__name(each.program)) return each.part;
    return Part::kListening;
  }

  base::Status attach(events_bpf& skeleton) {
    const platform::Descriptor root{
        ::open(conditions_.cgroup_root->c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!root) return base::fail_os("cannot open the root control group " + *conditions_.cgroup_root, errno);
    const auto programs = programs_of(skeleton);
    for (const Part part : kParts) {
      if (!wants(part)) continue;
      const int error = attach(programs, part, root.get());
      if (error == 0) continue;
      const std::string reason = "cannot be attached: " + explain(error, conditions_);
      if (part == Part::kListening) return base::fail(base::ErrorCode::kUnsupported, reason);
      detach(programs, part);
      leave_out(part, reason);
    }
    return {};
  }

  /// Gives 0, or the errno.
  static int attach(const std::vector<Program>& programs, Part part, int root) {
    for (const Program& each : programs) {
      if (each.part != part) continue;
      *each.link = is_of_control_group(each.program) ? bpf_program__attach_cgroup(each.program, root)
                                                     : bpf_program__attach(each.program);
      if (*each.link == nullptr) return errno;
    }
    return 0;
  }

  static void detach(const std::vector<Program>& programs, Part part) {
    for (const Program& each : programs)
      if (each.part == part) bpf_link__destroy(std::exchange(*each.link, nullptr));
  }

  const Conditions& conditions_;
  const EventPrograms::Options& options_;
  std::array<bool, kParts.size()> wanted_{true, true, true};
  std::vector<EventPrograms::Missing> missing_;
};

base::BootTime boot_time_of(std::uint64_t nanoseconds) {
  return base::BootTime{base::Micros{static_cast<std::int64_t>(nanoseconds / 1000)}};
}

std::uint64_t count(const __u64& field) {
  return std::atomic_ref(const_cast<__u64&>(field)).load(std::memory_order_relaxed);
}

/// A control group that somebody else detaches a link from is named by the link no more. Links of
/// tracepoints cannot be detached. Source: bpf(2), BPF_LINK_DETACH.
bool is_detached(const Program& program) {
  if (!is_of_control_group(program.program) || *program.link == nullptr) return false;
  bpf_link_info info{};
  std::uint32_t size = sizeof info;
  return bpf_obj_get_info_by_fd(bpf_link__fd(*program.link), &info, &size) == 0 && info.cgroup.cgroup_id == 0;
}

/// How often the kernel left the program out, because it ran already.
std::uint64_t skipped_by(const bpf_program* program) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  const int fd = bpf_program__fd(program);
  if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) != 0) return 0;
  return info.recursion_misses;
}

}  // namespace

EventPrograms::EventPrograms(std::unique_ptr<Loaded> loaded) : loaded_(std::move(loaded)) {}
EventPrograms::EventPrograms(EventPrograms&&) noexcept = default;
EventPrograms& EventPrograms::operator=(EventPrograms&&) noexcept = default;
EventPrograms::~EventPrograms() = default;

base::Result<EventPrograms> EventPrograms::load(const Conditions& conditions, const Options& options) {
  if (auto reason = obstacle(conditions, Need::kControlGroup))
    return base::fail(base::ErrorCode::kUnsupported, std::move(*reason));
  Loader loader(conditions, options);
  auto skeleton = loader.run();
  if (!skeleton) return std::unexpected(std::move(skeleton).error());
  auto loaded = std::make_unique<Loaded>();
  loaded->skeleton = std::move(*skeleton);
  loaded->missing = loader.take_missing();
  auto ring = Ring::open(bpf_map__fd(loaded->skeleton->maps.ring), options.ring_bytes,
                         loaded->skeleton->bss->shared.reader_waits);
  if (!ring) return std::unexpected(std::move(ring).error());
  loaded->ring = std::move(*ring);
  auto wishes = Mapping::make(bpf_map__fd(loaded->skeleton->maps.wishes),
                              sizeof(abi::WishSlot) * abi::kWishSlots, true);
  if (!wishes) return std::unexpected(std::move(wishes).error());
  loaded->wishes = std::move(*wishes);
  auto told =
      Mapping::make(bpf_map__fd(loaded->skeleton->maps.told), sizeof(abi::ToldSlot) * abi::kToldSlots, true);
  if (!told) return std::unexpected(std::move(told).error());
  loaded->told = std::move(*told);
  return EventPrograms(std::move(loaded));
}

const std::vector<EventPrograms::Missing>& EventPrograms::missing() const {
  return loaded_->missing;
}

Ring& EventPrograms::ring() {
  return *loaded_->ring;
}

Losses EventPrograms::losses() const {
  const Shared& shared = loaded_->skeleton->bss->shared;
  Losses losses{.records = count(shared.lost_records),
                .processes = count(shared.lost_processes),
                .last_at = boot_time_of(count(shared.last_lost_ns)),
                .unseen_refusals = count(shared.full_wishes),
                .unseen_holders = count(shared.full_holders),
                .unseen_tries = count(shared.full_pending)};
  for (const Program& each : programs_of(*loaded_->skeleton)) losses.skipped += skipped_by(each.program);
  return losses;
}

std::optional<std::string> EventPrograms::failure() const {
  for (const Program& each : programs_of(*loaded_->skeleton))
    if (is_detached(each))
      return fmt::format("somebody detached the program {} from the root control group: {} are not told",
                         bpf_program__name(each.program), name_of(each.part));
  return std::nullopt;
}

base::Status EventPrograms::watch(const ImageId& holder) {
  const auto pid = static_cast<std::uint32_t>(holder.key.pid.value);
  const abi::Image image{.start_ns = holder.start_ns, .exec_id = holder.exec_id};
  if (bpf_map_update_elem(bpf_map__fd(loaded_->skeleton->maps.holders), &pid, &image, BPF_ANY) != 0)
    return base::fail_os(fmt::format("cannot watch the process {} for exec, fork and exit", pid), errno);
  return {};
}

void EventPrograms::unwatch(base::Pid pid) {
  const auto key = static_cast<std::uint32_t>(pid.value);
  static_cast<void>(bpf_map_delete_elem(bpf_map__fd(loaded_->skeleton->maps.holders), &key));
  // The next socket that it opens makes it a holder again.
  abi::ToldSlot& slot = loaded_->told_slots()[key % abi::kToldSlots];
  if (slot.pid == pid.value) std::atomic_ref(slot.is_watched).store(0, std::memory_order_relaxed);
}

std::vector<base::Pid> EventPrograms::watched() const {
  const int map = bpf_map__fd(loaded_->skeleton->maps.holders);
  std::vector<base::Pid> pids;
  std::uint32_t pid = 0;
  const void* before = nullptr;
  // One that goes while we read can send us back to the beginning.
  while (pids.size() < abi::kMaxHolders && bpf_map_get_next_key(map, before, &pid) == 0) {
    pids.push_back(base::Pid{static_cast<std::int32_t>(pid)});
    before = &pid;
  }
  return pids;
}

bool EventPrograms::has_wishes() const {
  return std::ranges::any_of(loaded_->wish_slots(), [](abi::WishSlot& slot) {
    return std::atomic_ref(slot.cookie).load(std::memory_order_acquire) != 0 && slot.wish.socket.port != 0;
  });
}

std::vector<BindRefused> EventPrograms::take_overdue_wishes(const base::Moment& now, base::Micros patience) {
  std::vector<BindRefused> overdue;
  const base::Micros tick = clock_tick();
  for (abi::WishSlot& slot : loaded_->wish_slots()) {
    const std::atomic_ref owner(slot.cookie);
    auto cookie = owner.load(std::memory_order_acquire);
    if (cookie == 0 || cookie == abi::kWishUnfinished) continue;
    // Port 0 can be put off until the socket is connected (IP_BIND_ADDRESS_NO_PORT): the ring tells in the
    // end.
    const auto is_due = [&](const abi::Wish& wish) {
      const base::BootTime latest = boot_time_of(wish.coarse_ns) + now.suspended + tick;
      return wish.socket.port != 0 && now.boot - std::min(now.boot, latest) >= patience;
    };
    // Who exchanges the cookie tells it: the kernel's side may do so as well. What we look at before that may
    // be another wish of the same socket by then.
    if (!is_due(slot.wish) || !owner.compare_exchange_strong(cookie, abi::kWishUnfinished)) continue;
    const abi::Wish wish = slot.wish;
    owner.store(0, std::memory_order_release);
    auto refused = decode_wish(std::as_bytes(std::span(&wish, 1)), now, tick);
    if (refused && is_due(wish)) overdue.push_back(std::move(*refused));
  }
  return overdue;
}

}  // namespace portwatch::sensor::bpf
