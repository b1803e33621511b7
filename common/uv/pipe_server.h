// SPDX-License-Identifier: Apache-2.0
#pragma once

// Accepts connections on a socket that somebody else has bound and secured: one in a round of the loop,
// however many wait. So a flood of them cannot keep the loop from what else it has to do.

#include <functional>
#include <memory>

#include "common/base/error.h"
#include "common/uv/loop.h"
#include "common/uv/pipe_connection.h"

namespace portwatch::uv {

class PipeServer {
 public:
  /// Takes over a bound stream socket and listens on it. `on_connection` is called for every client; it may
  /// destroy the server. When the process is out of descriptors, clients wait until there are some. Errors:
  /// it is no such socket; it is closed then.
  [[nodiscard]] static base::Result<PipeServer> listen(Loop& loop, int bound_fd,
                                                       std::function<void(PipeConnection)> on_connection);

 private:
  struct Block;
  struct Delete {
    void operator()(Block* block) const noexcept;
  };
  std::unique_ptr<Block, Delete> block_;
};

}  // namespace portwatch::uv
