// SPDX-License-Identifier: Apache-2.0

// unix(7): sun_path has room for 107 bytes and its end; libuv cuts a longer path without saying so.

#include "common/uv/socket_path.h"

#include <fmt/format.h>
#include <sys/un.h>

namespace portwatch::uv {

std::size_t max_socket_path() noexcept {
  return sizeof(sockaddr_un::sun_path) - 1;
}

base::Status check_socket_path(const std::filesystem::path& path) {
  const std::string& text = path.native();
  if (text.empty()) return base::fail(base::ErrorCode::kInvalidArgument, "the path of the socket is empty");
  if (text.find('\0') != std::string::npos)
    return base::fail(base::ErrorCode::kInvalidArgument, "the path of the socket has a zero byte in it");
  if (text.size() > max_socket_path())
    return base::fail(base::ErrorCode::kInvalidArgument,
                      fmt::format("the path of the socket is {} bytes long and may be {}: {}", text.size(),
                                  max_socket_path(), text));
  return {};
}

}  // namespace portwatch::uv
