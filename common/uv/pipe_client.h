// SPDX-License-Identifier: Apache-2.0
#pragma once

// Connects to a Unix socket, with a deadline.

#include <filesystem>
#include <functional>
#include <memory>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/uv/loop.h"
#include "common/uv/pipe_connection.h"

namespace portwatch::uv {

class PipeClient {
 public:
  using Done = std::function<void(base::Result<PipeConnection>)>;

  /// Starts to connect. `done` is called on the loop, later, once; it may destroy the client. While the
  /// server's queue is full it is tried again until the deadline. Errors: kInvalidArgument (the path is too
  /// long for a socket), kNotFound (no such file), kUnavailable (nobody listens there), kPermissionDenied,
  /// kTimeout.
  PipeClient(Loop& loop, const std::filesystem::path& path, base::Micros deadline, Done done);
  ~PipeClient();  ///< gives up: `done` is not called any more
  PipeClient(const PipeClient&) = delete;
  PipeClient& operator=(const PipeClient&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace portwatch::uv
