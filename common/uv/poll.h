// SPDX-License-Identifier: Apache-2.0
#pragma once

// Calls a function while a descriptor can be read.

#include <functional>
#include <memory>

#include "common/base/error.h"
#include "common/uv/loop.h"

namespace portwatch::uv {

class Poll {
 public:
  /// Does nothing until it is started. `on_readable` may start, stop or destroy it. The descriptor stays the
  /// caller's and must outlive this. Errors: the system cannot wait for such a descriptor.
  [[nodiscard]] static base::Result<Poll> watch(Loop& loop, int fd, std::function<void()> on_readable);

  void start() noexcept;
  void stop() noexcept;

 private:
  struct Block;
  struct Close {
    void operator()(Block* block) const noexcept;
  };
  std::unique_ptr<Block, Close> block_;
};

}  // namespace portwatch::uv
