// SPDX-License-Identifier: Apache-2.0
// The known folders of Windows: what moves with a person between machines (RoamingAppData) has the
// configuration, what stays (LocalAppData) the state. A pipe's name is for the whole machine, so a person's
// has the SID in it, which no two have in common.
// https://learn.microsoft.com/windows/win32/shell/knownfolderid,
// https://learn.microsoft.com/windows/win32/ipc/pipe-names
#include <windows.h>

#include <knownfolders.h>
#include <sddl.h>
#include <shlobj.h>

#include <memory>
#include <vector>

#include "common/base/error_windows.h"
#include "common/base/unique_handle.h"
#include "common/platform/paths.h"

namespace portwatch::platform {
namespace {

constexpr const wchar_t* kPipe = LR"(\\.\pipe\portwatch)";

std::filesystem::path known_folder(const KNOWNFOLDERID& id) {
  wchar_t* raw = nullptr;
  const HRESULT result = ::SHGetKnownFolderPath(id, KF_FLAG_DONT_VERIFY, nullptr, &raw);
  const std::unique_ptr<wchar_t, void (*)(void*)> text(raw, ::CoTaskMemFree);
  return SUCCEEDED(result) && text ? std::filesystem::path(text.get()) : std::filesystem::path();
}

struct TokenTraits {
  using Raw = HANDLE;
  static constexpr Raw kNone = nullptr;
  static void close(Raw raw) noexcept { ::CloseHandle(raw); }
};

/// "S-1-5-21-…" of whom this process runs as.
base::Result<std::wstring> own_sid() {
  HANDLE raw = nullptr;
  if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, &raw) == 0)
    return base::fail_windows("opening our own token", ::GetLastError());
  const base::UniqueHandle<TokenTraits> token(raw);
  DWORD size = 0;
  ::GetTokenInformation(token.get(), TokenUser, nullptr, 0, &size);
  std::vector<char> buffer(size);
  if (::GetTokenInformation(token.get(), TokenUser, buffer.data(), size, &size) == 0)
    return base::fail_windows("reading our own token", ::GetLastError());
  wchar_t* text = nullptr;
  if (::ConvertSidToStringSidW(reinterpret_cast<const TOKEN_USER*>(buffer.data())->User.Sid, &text) == 0)
    return base::fail_windows("writing our own SID as text", ::GetLastError());
  const std::unique_ptr<wchar_t, HLOCAL (*)(HLOCAL)> owner(text, ::LocalFree);
  return std::wstring(text);
}

}  // namespace

Locations system_locations() {
  const std::filesystem::path folder = known_folder(FOLDERID_ProgramData) / "portwatch";
  return {.config_file = folder / "portwatch.toml", .state_dir = folder, .socket = kPipe};
}

base::Result<Person> current_person() {
  Person person;
  person.home = known_folder(FOLDERID_Profile);
  person.config_home = known_folder(FOLDERID_RoamingAppData);
  person.state_home = known_folder(FOLDERID_LocalAppData);
  if (person.home.empty() || person.config_home.empty() || person.state_home.empty())
    return base::fail(base::ErrorCode::kNotFound, "no home folder: Windows knows no profile of this user");
  const auto sid = own_sid();
  if (!sid) return std::unexpected(sid.error());
  person.pipe = std::wstring(kPipe) + L"-" + *sid;
  return person;
}

}  // namespace portwatch::platform
