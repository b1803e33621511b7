// SPDX-License-Identifier: Apache-2.0
#pragma once

// A plain client of the daemon's socket: it sends lines and waits for lines, so that a test sees exactly what
// is on the wire.

#include <deque>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/platform/descriptor.h"
#include "tests/support/wait.h"

namespace portwatch::test {

class RpcClient {
 public:
  /// Connects; is_connected() says whether it worked.
  explicit RpcClient(const std::filesystem::path& socket);

  [[nodiscard]] bool is_connected() const { return socket_.is_valid(); }

  /// The daemon hung up, and all that it had sent was read.
  [[nodiscard]] bool has_ended() const { return has_ended_ && told_.empty(); }

  /// Sends one line, whatever it is.
  void send_line(std::string_view line);
  /// The next line; nothing when none comes before the deadline, or the daemon hung up.
  [[nodiscard]] std::optional<std::string> read_line(std::chrono::milliseconds patience = kPatience);

  /// Says hello, as every session must first. Gives its result.
  nlohmann::json hello();
  /// Sends a request and waits for its answer: the whole response. What is told in between is kept for
  /// notification().
  [[nodiscard]] nlohmann::json request(std::string_view method, const nlohmann::json& params);
  /// The result of a request that must succeed; null when it did not.
  [[nodiscard]] nlohmann::json call(std::string_view method, const nlohmann::json& params);
  [[nodiscard]] nlohmann::json call(std::string_view method);
  /// The next message that was not asked for; null when none comes before the deadline.
  [[nodiscard]] nlohmann::json notification(std::chrono::milliseconds patience = kPatience);

 private:
  platform::Descriptor socket_;
  std::string buffer_;
  std::deque<std::string> told_;
  int last_id_ = 0;
  bool has_ended_ = false;
};

}  // namespace portwatch::test
