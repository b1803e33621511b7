// SPDX-License-Identifier: Apache-2.0
// A blocking Unix socket with poll(2) for the deadlines.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "common/base/assert.h"
#include "tests/support/rpc_client.h"

namespace portwatch::test {

using Json = nlohmann::json;

RpcClient::RpcClient(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  PW_ASSERT(socket.native().size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
  socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  PW_ASSERT(socket_);
  if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    socket_.reset();
}

void RpcClient::send_line(std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t length = send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(length));
  }
}

std::optional<std::string> RpcClient::read_line(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd waiting{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, static_cast<int>(left.count())) <= 0) continue;
    std::array<char, 65536> bytes;
    const ssize_t length = recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) {
      has_ended_ = true;
      return std::nullopt;
    }
    buffer_.append(bytes.data(), static_cast<std::size_t>(length));
  }
}

Json RpcClient::hello() {
  return call("hello", {{"client", "test 1"}, {"protocols", {1}}});
}

Json RpcClient::request(std::string_view method, const Json& params) {
  const int id = ++last_id_;
  send_line(Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump());
  while (const auto line = read_line()) {
    Json message = Json::parse(*line, nullptr, false);
    if (message.is_object() && message.value("id", Json()) == id) return message;
    told_.push_back(*line);
  }
  return nullptr;
}

Json RpcClient::call(std::string_view method, const Json& params) {
  const Json response = request(method, params);
  return response.is_object() ? response.value("result", Json()) : Json();
}

Json RpcClient::call(std::string_view method) {
  return call(method, Json::object());
}

Json RpcClient::notification(std::chrono::milliseconds patience) {
  if (!told_.empty()) {
    const std::string line = std::move(told_.front());
    told_.pop_front();
    return Json::parse(line, nullptr, false);
  }
  const auto line = read_line(patience);
  return line ? Json::parse(*line, nullptr, false) : Json();
}

}  // namespace portwatch::test
