// SPDX-License-Identifier: Apache-2.0
#pragma once

// Calls a function in every round of the loop, between two looks at what has come in. While it runs the loop
// does not sleep: it is for work that waits, taken in portions.

#include <functional>
#include <memory>

#include "common/uv/loop.h"

namespace portwatch::uv {

class EveryRound {
 public:
  /// Does nothing until it is started. `on_round` may start, stop or destroy it.
  EveryRound(Loop& loop, std::function<void()> on_round);

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
