// SPDX-License-Identifier: Apache-2.0
// GetNamedPipeServerProcessId: who made the end of the pipe that we are connected to.
#include "cli/client/peer_pid.h"

#include <windows.h>

namespace portwatch::cli {

std::optional<base::Pid> peer_pid(platform::NativeHandle connection) {
  ULONG pid = 0;
  if (::GetNamedPipeServerProcessId(reinterpret_cast<HANDLE>(connection), &pid) == 0 || pid == 0)
    return std::nullopt;
  return base::Pid{static_cast<int>(pid)};
}

}  // namespace portwatch::cli
