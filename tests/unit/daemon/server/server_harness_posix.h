// SPDX-License-Identifier: Apache-2.0
#pragma once

// A real server on a real socket in a folder of the test's own, on a loop that the test runs, with a daemon
// in memory behind it; and clients that send raw bytes.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/assert.h"
#include "common/platform/descriptor.h"
#include "daemon/server/server.h"
#include "tests/support/loop_harness.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/daemon/server/fakes.h"

namespace portwatch::server {

using nlohmann::json;

class RawClient {
 public:
  explicit RawClient(const std::filesystem::path& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(path.native(), static_cast<char*>(address.sun_path));
    PW_ASSERT(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }

  /// Sends what the socket takes now. Returns how many bytes it took; 0 also when the server has closed.
  std::size_t send_some(std::string_view bytes) {
    const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
  }
  void send(std::string_view bytes) { PW_ASSERT(send_some(bytes) == bytes.size()); }
  void hang_up_sending() { ::shutdown(fd_.get(), SHUT_WR); }

  /// Reads what has come. Without it nothing is taken from the socket.
  void receive() {
    std::vector<char> buffer(1U << 16U);
    while (true) {
      const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        is_closed_ = true;
        return;
      }
      received_.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
  [[nodiscard]] bool is_closed() {
    receive();
    return is_closed_;
  }

  /// The whole lines that came and were not taken yet.
  [[nodiscard]] std::vector<json> take() {
    receive();
    std::vector<json> lines;
    std::size_t end = 0;
    while ((end = received_.find('\n')) != std::string::npos) {
      lines.push_back(json::parse(received_.substr(0, end)));
      received_.erase(0, end + 1);
    }
    return lines;
  }

 private:
  platform::Descriptor fd_;
  std::string received_;
  bool is_closed_ = false;
};

class ServerHarness {
 public:
  /// Short deadlines; they matter only to the tests about them.
  explicit ServerHarness(const std::function<void(Options&)>& adjust = {}) {
    options.socket = folder / "s";
    options.version = "0.1.0";
    options.epoch = "fedcba9876543210";
    options.host_id = "0123456789abcdef0123456789abcdef";
    options.farewell = std::chrono::milliseconds{200};
    if (adjust) adjust(options);
    view.current.store.last_seq = {0};
    auto started = Server::start(loop.loop(), options, view, queries, commands);
    PW_ASSERT(started);
    server = std::move(*started);
  }

  [[nodiscard]] RawClient connect() { return RawClient(options.socket); }
  [[nodiscard]] RawClient greeted() {
    RawClient client = connect();
    const json answer = ask(
        client, R"({"jsonrpc":"2.0","id":0,"method":"hello","params":{"client":"test","protocols":[1]}})");
    PW_ASSERT(answer.contains("result"));
    return client;
  }

  /// Sends one line and waits for one line.
  json ask(RawClient& client, std::string_view line) {
    client.send(std::string(line) + "\n");
    return next(client);
  }
  json next(RawClient& client) {
    std::vector<json> lines;
    PW_ASSERT(loop.run_until([&] { return !(lines = client.take()).empty(); }));
    PW_ASSERT(lines.size() == 1);
    return lines.front();
  }
  /// Waits for so many lines.
  std::vector<json> next(RawClient& client, std::size_t count) {
    std::vector<json> lines;
    PW_ASSERT(loop.run_until([&] {
      for (json& line : client.take()) lines.push_back(std::move(line));
      return lines.size() >= count;
    }));
    return lines;
  }
  [[nodiscard]] bool is_closed_soon(RawClient& client) {
    return loop.run_until([&] { return client.is_closed(); });
  }

  /// Commits an event to the log and publishes it.
  void publish(model::EventKind kind = model::EventKind::kOpened) {
    const std::vector<model::Event> batch{queries.commit(kind)};
    view.current.store.last_seq = batch.back().seq;
    server->publish(batch);
  }

  test::TempDir folder;
  test::LoopHarness loop;
  FakeStateView view;
  FakeQueries queries;
  FakeCommands commands;
  Options options;
  std::unique_ptr<Server> server;
};

}  // namespace portwatch::server
