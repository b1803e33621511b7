// SPDX-License-Identifier: Apache-2.0
// LookupAccountNameW knows local accounts, those of the domain and those of the system ("NT
// AUTHORITY\\SYSTEM"). Windows has no numbers for users, so none has a name.
#include <windows.h>

#include <array>
#include <filesystem>

#include "common/platform/user_name.h"

namespace portwatch::platform {

std::optional<std::string> user_name(std::uint32_t /*uid*/) {
  return std::nullopt;
}

bool is_user(const std::string& name) {
  std::array<char, SECURITY_MAX_SID_SIZE> sid{};
  DWORD sid_size = static_cast<DWORD>(sid.size());
  std::array<wchar_t, 512> domain{};
  DWORD domain_size = static_cast<DWORD>(domain.size());
  SID_NAME_USE use{};
  const std::wstring wide = std::filesystem::path(name).wstring();
  if (::LookupAccountNameW(nullptr, wide.c_str(), sid.data(), &sid_size, domain.data(), &domain_size, &use) !=
      0)
    return true;
  return ::GetLastError() != ERROR_NONE_MAPPED;  // the system cannot say
}

}  // namespace portwatch::platform
