// SPDX-License-Identifier: Apache-2.0
// The user's name comes from the name service (getpwuid_r(3)), which may read files or ask a directory: once,
// at the start.

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <vector>

#include "daemon/app/process_user.h"

namespace portwatch::app {

ProcessUser find_process_user() {
  constexpr std::size_t kEntrySize = 16384;
  std::vector<char> buffer(kEntrySize);
  passwd entry{};
  passwd* found = nullptr;
  const uid_t uid = geteuid();
  const bool is_known =
      getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return {base::Pid{getpid()}, base::Uid{uid}, is_known ? found->pw_name : fmt::format("#{}", uid)};
}

}  // namespace portwatch::app
