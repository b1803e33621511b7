// SPDX-License-Identifier: Apache-2.0
// A pipe's name is \\.\pipe\NAME, at most 256 characters, without another backslash.
// https://learn.microsoft.com/windows/win32/ipc/pipe-names
#include "common/uv/socket_path.h"

#include <fmt/format.h>

#include <string_view>

namespace portwatch::uv {
namespace {

constexpr std::wstring_view kPrefix = LR"(\\.\pipe\)";

}  // namespace

std::size_t max_socket_path() noexcept {
  return 256;
}

base::Status check_socket_path(const std::filesystem::path& path) {
  const std::wstring& text = path.native();
  if (text.empty()) return base::fail(base::ErrorCode::kInvalidArgument, "the name of the pipe is empty");
  if (text.find(L'\0') != std::wstring::npos)
    return base::fail(base::ErrorCode::kInvalidArgument, "the name of the pipe has a zero byte in it");
  if (!text.starts_with(kPrefix) || text.size() == kPrefix.size() ||
      text.find(L'\\', kPrefix.size()) != std::wstring::npos)
    return base::fail(base::ErrorCode::kInvalidArgument,
                      fmt::format(R"({} is no name of a pipe: those are \\.\pipe\NAME)", path.string()));
  if (text.size() > max_socket_path())
    return base::fail(base::ErrorCode::kInvalidArgument,
                      fmt::format("the name of the pipe is {} characters long and may be {}: {}", text.size(),
                                  max_socket_path(), path.string()));
  return {};
}

}  // namespace portwatch::uv
