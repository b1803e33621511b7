// SPDX-License-Identifier: Apache-2.0
// A console takes UTF-16 by WriteConsoleW, whatever its code page is; anything else takes the bytes as they
// are. A reader of a pipe that has gone shows as ERROR_NO_DATA ("the pipe is being closed") or
// ERROR_BROKEN_PIPE.
#include <windows.h>

#include <io.h>

#include <algorithm>
#include <filesystem>

#include "cli/output.h"
#include "common/base/error_windows.h"

namespace portwatch::cli {
namespace {

HANDLE handle_of(int fd) {
  return reinterpret_cast<HANDLE>(::_get_osfhandle(fd));
}

/// How much of it was taken; nothing on failure.
std::size_t write_some(HANDLE handle, std::string_view text) {
  constexpr std::size_t kMost = 16U << 10U;
  DWORD mode = 0;
  DWORD written = 0;
  if (::GetConsoleMode(handle, &mode) == 0) {
    const std::size_t size = std::min(text.size(), kMost);
    return ::WriteFile(handle, text.data(), static_cast<DWORD>(size), &written, nullptr) != 0 ? written : 0;
  }
  std::size_t size = std::min(text.size(), kMost);
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  const std::wstring wide = std::filesystem::path(std::string(text.substr(0, size))).wstring();
  DWORD from = 0;
  while (from < wide.size()) {
    if (::WriteConsoleW(handle, wide.data() + from, static_cast<DWORD>(wide.size()) - from, &written,
                        nullptr) == 0)
      return 0;
    from += written;
  }
  return size;
}

}  // namespace

void DescriptorOutput::print(std::string_view text) {
  while (problem_ == 0 && !text.empty()) {
    const std::size_t taken = write_some(handle_of(fd_), text);
    if (taken == 0) problem_ = static_cast<int>(::GetLastError());
    text.remove_prefix(taken);
  }
}

Output::State DescriptorOutput::state() {
  // A write of nothing fails when the read end of a pipe has been closed.
  DWORD written = 0;
  if (HANDLE handle = handle_of(fd_); problem_ == 0 && ::GetFileType(handle) == FILE_TYPE_PIPE &&
                                      ::WriteFile(handle, "", 0, &written, nullptr) == 0)
    problem_ = static_cast<int>(::GetLastError());
  if (problem_ == 0) return State::kGood;
  return problem_ == ERROR_NO_DATA || problem_ == ERROR_BROKEN_PIPE ? State::kReaderGone : State::kFailed;
}

std::string DescriptorOutput::problem() const {
  return problem_ == 0 ? std::string()
                       : base::fail_windows("writing", static_cast<unsigned long>(problem_)).error().message;
}

}  // namespace portwatch::cli
