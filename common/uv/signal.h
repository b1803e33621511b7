// SPDX-License-Identifier: Apache-2.0
#pragma once

// A signal of the process as a callback on the loop. While it is there it keeps the loop alive.

#include <functional>
#include <memory>

#include "common/base/error.h"
#include "common/uv/loop.h"

namespace portwatch::uv {

class Signal {
 public:
  /// From now until the Signal is destroyed, `on_signal` is called on the loop for each `number` (several
  /// that arrive at once may be told as one), instead of what the process did with it. It may destroy the
  /// Signal.
  [[nodiscard]] static base::Result<Signal> watch(Loop& loop, int number, std::function<void()> on_signal);

 private:
  struct Block;
  struct Close {
    void operator()(Block* block) const noexcept;
  };
  std::unique_ptr<Block, Close> block_;
};

}  // namespace portwatch::uv
