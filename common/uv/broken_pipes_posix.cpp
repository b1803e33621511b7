// SPDX-License-Identifier: Apache-2.0
// signal(7): SIGPIPE ends a process that writes to a peer that went away, unless it is ignored; write(2) then
// fails with EPIPE.
#include <csignal>
#include <mutex>

#include "common/uv/broken_pipes.h"

namespace portwatch::uv {

void ignore_broken_pipes() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction current{};
    if (sigaction(SIGPIPE, nullptr, &current) != 0 || current.sa_handler != SIG_DFL) return;
    current.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &current, nullptr);
  });
}

}  // namespace portwatch::uv
