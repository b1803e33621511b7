// SPDX-License-Identifier: Apache-2.0
#pragma once

// One libuv loop, owned. Everything in common/uv belongs to one loop and one thread, except Async::send().

#include <memory>

struct uv_loop_s;

namespace portwatch::uv {

class Loop {
 public:
  Loop();
  /// Closes what is still open, runs until it is closed, and asserts that uv_loop_close() returns 0.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop() or until nothing is active.
  void run();
  /// Runs what is ready now, without waiting. Returns whether something is still active.
  bool run_once_without_waiting();
  void stop() noexcept;

  [[nodiscard]] uv_loop_s* raw() noexcept { return loop_.get(); }

 private:
  struct Delete {
    void operator()(uv_loop_s* loop) const noexcept;
  };
  std::unique_ptr<uv_loop_s, Delete> loop_;
};

}  // namespace portwatch::uv
