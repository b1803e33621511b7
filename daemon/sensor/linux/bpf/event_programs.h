// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kernel's programs that see sockets open and close, while this object lives. Loading and attaching need
// CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; reading the ring needs none, nor do, from Linux 5.19 on, the other
// functions.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/model/process.h"
#include "daemon/sensor/linux/bpf/conditions.h"
#include "daemon/sensor/linux/bpf/decode.h"
#include "daemon/sensor/linux/bpf/losses.h"
#include "daemon/sensor/linux/bpf/ring.h"

namespace portwatch::sensor::bpf {

class EventPrograms {
 public:
  struct Options {
    std::uint32_t ring_bytes = 8U * 1024U * 1024U;  ///< a power of two, and whole pages
    bool sees_binds = true;                         ///< UDP and refused binds
    bool sees_holders = true;                       ///< exec, fork and exit of holders
    bool reads_by_type = true;  ///< cheaper, where the kernel has it (Linux 6.2); it tells the same
  };
  /// A part that is left out, because the kernel refused it.
  struct Missing {
    std::string what;    ///< "UDP sockets and refused binds"
    std::string reason;  ///< for an administrator

    bool operator==(const Missing&) const = default;
  };

  /// Loads and attaches. Errors: TCP's listening periods cannot be seen; the message says why, for an
  /// administrator. Blocking, up to half a second.
  [[nodiscard]] static base::Result<EventPrograms> load(const Conditions& conditions, const Options& options);
  [[nodiscard]] static base::Result<EventPrograms> load(const Conditions& conditions) {
    return load(conditions, {});
  }

  EventPrograms(EventPrograms&&) noexcept;
  EventPrograms& operator=(EventPrograms&&) noexcept;
  ~EventPrograms();

  [[nodiscard]] const std::vector<Missing>& missing() const;
  [[nodiscard]] Ring& ring();
  [[nodiscard]] Losses losses() const;
  /// What is not told any more because somebody took programs away from outside (bpftool-link(8) "detach"
  /// can, with CAP_SYS_ADMIN), for an administrator. Nothing as long as all is well. Thread: any.
  [[nodiscard]] std::optional<std::string> failure() const;

  /// From now on exec, fork and exit of this process are told: for holders that a snapshot found. Who opens a
  /// socket is watched without being asked for.
  [[nodiscard]] base::Status watch(const ImageId& holder);
  /// It holds nothing any more.
  void unwatch(base::Pid pid);
  /// Who is watched, for either reason.
  [[nodiscard]] std::vector<base::Pid> watched() const;

  /// Whether a bind(2) is under way, or was refused and is not told yet. Not those to port 0. Thread: any.
  [[nodiscard]] bool has_wishes() const;
  /// Takes what programs asked for in bind(2) at least `patience` ago and did not get: a socket that is kept,
  /// unbound. The refusals of sockets that are closed or bound again come by the ring. Thread: any.
  [[nodiscard]] std::vector<BindRefused> take_overdue_wishes(const base::Moment& now, base::Micros patience);

 private:
  struct Loaded;
  explicit EventPrograms(std::unique_ptr<Loaded> loaded);

  std::unique_ptr<Loaded> loaded_;
};

}  // namespace portwatch::sensor::bpf
