// SPDX-License-Identifier: Apache-2.0
// On the side that connected SO_PEERCRED gives the credentials of who called listen(2), as they were then
// (unix(7)); a process that this pid namespace does not show has the pid 0.
#include "cli/client/peer_pid.h"

#include <sys/socket.h>

namespace portwatch::cli {

std::optional<base::Pid> peer_pid(platform::NativeHandle connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(static_cast<int>(connection), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0)
    return std::nullopt;
  return base::Pid{peer.pid};
}

}  // namespace portwatch::cli
