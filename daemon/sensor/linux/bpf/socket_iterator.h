// SPDX-License-Identifier: Apache-2.0
#pragma once

// One pass over the open files of all tasks: every socket that holds a port, with who holds it, in all
// network namespaces. Needs CAP_BPF and CAP_PERFMON to load; a pass needs none from Linux 5.19 on.

#include <cstddef>
#include <memory>
#include <vector>

#include "common/base/error.h"
#include "daemon/sensor/linux/bpf/conditions.h"
#include "daemon/sensor/linux/bpf/decode.h"

namespace portwatch::sensor::bpf {

class SocketIterator {
 public:
  /// Errors: it cannot be used here; the message says why, for an administrator. Blocking, some 30 ms.
  [[nodiscard]] static base::Result<SocketIterator> load(const Conditions& conditions);

  SocketIterator(SocketIterator&&) noexcept;
  SocketIterator& operator=(SocketIterator&&) noexcept;
  ~SocketIterator();

  /// Gives:  TCP sockets that listen or are bound, and UDP sockets that are bound and unconnected; a row for
  /// each
  ///         descriptor of each process that holds one. MPTCP is its first subflow.
  ///         Not those that no process holds: the kernel's own, in flight, and the direct descriptors of
  ///         io_uring.
  /// Order:  by pid and descriptor.
  /// Errors: the pass could not be made whole; rows that were read are dropped.
  [[nodiscard]] base::Result<std::vector<Held>> look();
  /// The same for all sockets with this local port, also those that have a peer; at most kMostOfAPort rows.
  [[nodiscard]] base::Result<std::vector<Held>> look_at(base::Port port);

  static constexpr std::size_t kMostOfAPort = 1024;

 private:
  struct Loaded;
  explicit SocketIterator(std::unique_ptr<Loaded> loaded);
  [[nodiscard]] base::Result<std::vector<Held>> pass(std::size_t most);

  std::unique_ptr<Loaded> loaded_;
};

}  // namespace portwatch::sensor::bpf
