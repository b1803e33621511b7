// SPDX-License-Identifier: Apache-2.0
#pragma once

// Calls a function once after a while, or again and again. While it runs it keeps the loop alive.

#include <functional>
#include <memory>

#include "common/base/time.h"
#include "common/uv/loop.h"

namespace portwatch::uv {

class Timer {
 public:
  /// Does nothing until it is started. `on_fire` may start, stop or destroy the timer.
  Timer(Loop& loop, std::function<void()> on_fire);

  /// Fires once, not before `after` has passed (rounded up to milliseconds). Starting again forgets the
  /// earlier start.
  void start_once(base::Micros after);
  /// Fires every `interval`, the first time after one interval. Turns that were missed are not made up for.
  void start_repeating(base::Micros interval);
  void stop() noexcept;
  [[nodiscard]] bool is_active() const noexcept;

 private:
  struct Block;
  struct Close {
    void operator()(Block* block) const noexcept;
  };
  std::unique_ptr<Block, Close> block_;
};

}  // namespace portwatch::uv
