// SPDX-License-Identifier: Apache-2.0
// FormatMessageW speaks the language of the person, in UTF-16, and ends in a line break; what it does not
// know is told by its number.
#include "common/base/error_windows.h"

#include <windows.h>

#include <array>
#include <filesystem>
#include <string>

#include <fmt/format.h>

namespace portwatch::base {
namespace {

ErrorCode code_of_windows(unsigned long code) {
  switch (code) {
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD:
    case ERROR_WRITE_PROTECT: return ErrorCode::kPermissionDenied;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_SERVICE_DOES_NOT_EXIST:
    case ERROR_NOT_FOUND: return ErrorCode::kNotFound;
    case ERROR_INVALID_PARAMETER:
    case ERROR_INVALID_NAME:
    case ERROR_BAD_PATHNAME:
    case ERROR_FILENAME_EXCED_RANGE: return ErrorCode::kInvalidArgument;
    case ERROR_ALREADY_EXISTS:
    case ERROR_FILE_EXISTS:
    case ERROR_SERVICE_EXISTS: return ErrorCode::kConflict;
    case ERROR_TOO_MANY_OPEN_FILES:
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_NO_SYSTEM_RESOURCES: return ErrorCode::kResourceExhausted;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
    case ERROR_PIPE_BUSY: return ErrorCode::kUnavailable;
    case ERROR_NOT_SUPPORTED:
    case ERROR_CALL_NOT_IMPLEMENTED: return ErrorCode::kUnsupported;
    case ERROR_TIMEOUT:
    case WAIT_TIMEOUT: return ErrorCode::kTimeout;
    default: return ErrorCode::kInternal;
  }
}

}  // namespace

std::unexpected<Error> fail_windows(std::string_view what, unsigned long code) {
  std::array<wchar_t, 512> text{};
  DWORD size = ::FormatMessageW(
      FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK, nullptr,
      code, 0, text.data(), static_cast<DWORD>(text.size()), nullptr);
  while (size > 0 && (text[size - 1] == L' ' || text[size - 1] == L'.')) --size;
  const std::filesystem::path said(std::wstring_view(text.data(), size));
  return fail(code_of_windows(code), size > 0 ? fmt::format("{}: {} (error {})", what, said.string(), code)
                                              : fmt::format("{}: error {}", what, code));
}

}  // namespace portwatch::base
