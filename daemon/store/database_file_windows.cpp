// SPDX-License-Identifier: Apache-2.0
// Windows: a file takes over the access list of its folder, and whoever may do what is decided there; so the
// file gets a list of its own, for its owner, SYSTEM and the administrators alone, from the first moment.
// SQLite's companions (-wal, -shm) take over the folder's: the state folder is restricted in the same way. A
// junction or symbolic link is a reparse point.
// https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format
#include "daemon/store/database_file.h"

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include <array>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "common/base/error_windows.h"
#include "common/base/unique_handle.h"

namespace portwatch::store {
namespace {

/// Protected from what the folder would add; full control for the owner, SYSTEM and the administrators.
constexpr const wchar_t* kOnlyOurs = L"D:P(A;;FA;;;OW)(A;;FA;;;SY)(A;;FA;;;BA)";

struct FileTraits {
  using Raw = HANDLE;
  static constexpr Raw kNone = nullptr;
  static void close(Raw raw) noexcept { ::CloseHandle(raw); }
};
using File = base::UniqueHandle<FileTraits>;
using Descriptor = std::unique_ptr<void, HLOCAL (*)(HLOCAL)>;

base::Result<Descriptor> only_ours() {
  void* raw = nullptr;
  if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(kOnlyOurs, SDDL_REVISION_1, &raw, nullptr) == 0)
    return base::fail_windows("making an access list", ::GetLastError());
  return Descriptor(raw, ::LocalFree);
}

/// The file itself, also when it is a link. Others may go on using it meanwhile.
HANDLE open_file(const std::filesystem::path& path, DWORD access, DWORD disposition,
                 SECURITY_ATTRIBUTES* security) {
  HANDLE raw =
      ::CreateFileW(path.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, security,
                    disposition, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  return raw == INVALID_HANDLE_VALUE ? nullptr : raw;
}

base::Result<File> open_existing(const std::filesystem::path& path, DWORD access) {
  PW_TRY(check_place(path));
  File file(open_file(path, access, OPEN_EXISTING, nullptr));
  if (!file) return base::fail_windows(fmt::format("opening {}", path.string()), ::GetLastError());
  return file;
}

}  // namespace

base::Status check_place(const std::filesystem::path& path) {
  const DWORD attributes = ::GetFileAttributesW(path.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) {
    const DWORD problem = ::GetLastError();
    if (problem == ERROR_FILE_NOT_FOUND || problem == ERROR_PATH_NOT_FOUND) return {};
    return base::fail_windows(fmt::format("looking at {}", path.string()), problem);
  }
  if ((attributes & (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_DEVICE)) == 0)
    return {};
  return base::fail(
      base::ErrorCode::kPermissionDenied,
      fmt::format("{} is {}, not a regular file; move it away", path.string(),
                  (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 ? "a symbolic link" : "something else"));
}

base::Result<std::filesystem::path> resolve_folder(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::canonical(parent, error);
  if (error) {
    const bool is_missing =
        error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
    return base::fail(is_missing ? base::ErrorCode::kNotFound : base::ErrorCode::kPermissionDenied,
                      fmt::format("looking for the folder {}: {}", parent.string(), error.message()));
  }
  return folder / path.filename();
}

base::Status create_file(const std::filesystem::path& path) {
  for (const wchar_t* companion : {L"-wal", L"-shm", L"-journal"})
    PW_TRY(check_place(path.native() + companion));
  PW_TRY(check_place(path));
  const auto descriptor = only_ours();
  if (!descriptor) return std::unexpected(descriptor.error());
  SECURITY_ATTRIBUTES security{
      .nLength = sizeof security, .lpSecurityDescriptor = descriptor->get(), .bInheritHandle = FALSE};
  const File file(open_file(path, GENERIC_READ | GENERIC_WRITE, CREATE_NEW, &security));
  if (!file && ::GetLastError() != ERROR_FILE_EXISTS)
    return base::fail_windows(fmt::format("creating the database {}", path.string()), ::GetLastError());
  return {};
}

base::Result<std::optional<FileHeader>> read_header(const std::filesystem::path& path) {
  static constexpr std::string_view kMagic("SQLite format 3\0", 16);
  const auto file = open_existing(path, GENERIC_READ);
  if (!file) return std::unexpected(file.error());
  std::array<char, 100> header{};
  DWORD size = 0;
  if (::ReadFile(file->get(), header.data(), static_cast<DWORD>(header.size()), &size, nullptr) == 0)
    return base::fail_windows(fmt::format("reading {}", path.string()), ::GetLastError());
  if (size == 0) return std::nullopt;
  if (size < header.size() || std::string_view(header.data(), kMagic.size()) != kMagic)
    return base::fail(base::ErrorCode::kCorrupt, fmt::format("{} is not a SQLite database", path.string()));
  const auto big_endian = [&header](std::size_t offset) {
    std::uint32_t value = 0;
    for (std::size_t i = offset; i < offset + 4; ++i)
      value = value << 8U | static_cast<std::uint8_t>(header[i]);
    return value;
  };
  return FileHeader{.application_id = big_endian(68), .schema_version = big_endian(60)};
}

base::Status restrict_file(const std::filesystem::path& path) {
  const auto file = open_existing(path, READ_CONTROL | WRITE_DAC);
  if (!file) return std::unexpected(file.error());
  const auto descriptor = only_ours();
  if (!descriptor) return std::unexpected(descriptor.error());
  BOOL is_there = FALSE;
  BOOL is_default = FALSE;
  ACL* list = nullptr;
  ::GetSecurityDescriptorDacl(descriptor->get(), &is_there, &list, &is_default);
  const DWORD problem = ::SetSecurityInfo(file->get(), SE_FILE_OBJECT,
                                          DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                                          nullptr, nullptr, list, nullptr);
  if (problem != ERROR_SUCCESS)
    return base::fail_windows(fmt::format("taking away others' access to {}", path.string()), problem);
  return {};
}

}  // namespace portwatch::store
