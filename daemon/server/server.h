// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers local clients: JSON-RPC 2.0, one object a line, on a Unix socket. Thread: the loop's.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/base/error.h"
#include "common/model/event.h"
#include "common/model/status.h"
#include "common/uv/loop.h"
#include "daemon/interface/state_view.h"
#include "daemon/server/audience.h"

namespace portwatch::server {

struct Options {
  std::filesystem::path socket;
  Audience audience =
      Audience::kOwner;  ///< kOwner: mode 0600 (a person's daemon); kEverybody: 0666 (the system's)
  std::string admin_group = "portwatch";  ///< its members may read everything
  bool self_approve = true;
  bool is_policy_locked = false;
  std::string epoch;  ///< of cursors
  std::string host_id;
  std::string version;
  /// What the system calls a user; may block, and is called on a thread of the pool. For tests.
  std::function<std::optional<std::string>(base::Uid uid)> user_name;
  std::size_t max_sessions = 256;
  std::size_t max_sessions_per_user = 64;
  /// How large one page of an answer may become, about; a single value may be larger.
  std::size_t max_page_bytes = 256U << 10U;
  /// From a request's first byte to its last, and from the connection to hello.
  base::Micros request_timeout = std::chrono::seconds{10};
  /// A client that has something to read and takes nothing of it for so long is dropped.
  base::Micros output_timeout = std::chrono::seconds{30};
  /// For sending what is left before a session is closed.
  base::Micros farewell = std::chrono::seconds{2};
};

class Server {
 public:
  /// Binds and listens. The socket is never reachable with the wrong mode, and never replaces that of a
  /// living daemon. Errors: kInvalidArgument (the path is too long for a socket), kConflict (somebody answers
  /// there), kPermissionDenied.
  [[nodiscard]] static base::Result<std::unique_ptr<Server>> start(uv::Loop& loop, Options options,
                                                                   interface::StateView& view,
                                                                   interface::QuerySource& queries,
                                                                   interface::Commands& commands);
  virtual ~Server() = default;

  /// Tells subscribers of events that are committed, in order of seq.
  virtual void publish(std::span<const model::Event> events) = 0;

  [[nodiscard]] virtual std::size_t sessions() const = 0;

  /// A reloaded configuration: what may change while clients are connected.
  virtual void set_policy(bool self_approve, bool is_policy_locked) = 0;

  /// Takes no new clients, finishes what is being answered, closes the sessions; removes the socket's file.
  /// `done` is called once.
  virtual void stop(std::function<void()> done) = 0;
};

}  // namespace portwatch::server
