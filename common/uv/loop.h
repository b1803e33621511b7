// SPDX-License-Identifier: Apache-2.0
#pragma once

// One libuv loop, owned. Everything in common/uv belongs to one loop and one thread, except Async::Sender.

#include <memory>

struct uv_loop_s;

namespace portwatch::uv {

class Loop {
 public:
  Loop();
  /// Finishes the closing of what was destroyed and waits for work on the pool, then asserts that
  /// uv_loop_close() returns 0. Whatever was made on this loop must be destroyed before it; what was not is
  /// named on stderr before the assertion fails.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop() or until nothing is active.
  void run();
  /// Waits for something to happen and runs what is ready. Returns whether something is still active.
  bool run_once();
  /// Runs what is ready now, without waiting. Returns whether something is still active.
  bool run_once_without_waiting();
  /// Ends run() after the callbacks of this turn. From the loop's thread only.
  void stop() noexcept;

  [[nodiscard]] uv_loop_s* raw() noexcept { return loop_.get(); }

 private:
  struct Delete {
    void operator()(uv_loop_s* loop) const noexcept;
  };
  std::unique_ptr<uv_loop_s, Delete> loop_;
};

}  // namespace portwatch::uv
