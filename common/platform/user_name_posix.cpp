// SPDX-License-Identifier: Apache-2.0
// An entry that does not fit into the buffer is as good as none.
#include "common/platform/user_name.h"

#include <array>

#include <pwd.h>

namespace portwatch::platform {

std::optional<std::string> user_name(std::uint32_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return found->pw_name;
}

bool is_user(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  const int problem = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return problem != 0 || found != nullptr;
}

}  // namespace portwatch::platform
