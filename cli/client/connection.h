// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection to a daemon, as a blocking exchange of messages. It has a loop of its own, which runs only
// while somebody waits: between two calls nothing is read, so a slow reader of ours makes the daemon wait,
// not us grow.

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <variant>

#include "common/base/error.h"
#include "common/base/strong_type.h"
#include "common/base/time.h"
#include "common/protocol/framer.h"
#include "common/protocol/rpc.h"
#include "common/uv/loop.h"
#include "common/uv/pipe_connection.h"

namespace portwatch::cli {

class Connection {
 public:
  using Message = std::variant<protocol::Response, protocol::Notification>;

  /// Errors: those of uv::PipeClient.
  [[nodiscard]] static base::Result<std::unique_ptr<Connection>> open(const std::filesystem::path& socket,
                                                                      base::Micros deadline);

  void send(const protocol::Request& request);

  /// The next message; nothing when none came within `patience`. Errors: kUnavailable (the daemon went away),
  /// kCorrupt (it sent what is no message); then the connection is lost.
  [[nodiscard]] base::Result<std::optional<Message>> receive(base::Micros patience);

  /// Who listens at the other end; see cli/client/peer_pid.h.
  [[nodiscard]] std::optional<base::Pid> peer_pid() const;

  [[nodiscard]] bool is_lost() const { return failure_.has_value(); }

 private:
  Connection() = default;
  void start(uv::PipeConnection pipe);
  void take(std::string_view bytes);
  void lose(base::Error error);

  uv::Loop loop_;
  std::optional<uv::PipeConnection> pipe_;
  protocol::LineFramer framer_{protocol::kMaxResponseBytes};
  std::deque<Message> messages_;
  std::optional<base::Error> failure_;  ///< said once the messages before it are read
};

}  // namespace portwatch::cli
