// SPDX-License-Identifier: Apache-2.0
#pragma once

// A client that gets no session is told why. The connection stays open until the client has hung up or the
// deadline has passed, because a client that is still writing its hello would see a broken connection instead
// of the reason.

#include <functional>
#include <optional>

#include "common/base/time.h"
#include "common/protocol/rpc.h"
#include "common/uv/pipe_connection.h"
#include "common/uv/timer.h"

namespace portwatch::server {

class Refusal {
 public:
  /// `done` is called once, later; it may destroy the refusal.
  Refusal(uv::Loop& loop, uv::PipeConnection connection, const protocol::RpcError& reason,
          base::Micros deadline, std::function<void()> done);
  Refusal(const Refusal&) = delete;
  Refusal& operator=(const Refusal&) = delete;

 private:
  uv::PipeConnection connection_;
  uv::Timer deadline_;
};

}  // namespace portwatch::server
