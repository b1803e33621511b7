// SPDX-License-Identifier: Apache-2.0
#pragma once

// A loop for a test: it runs until something has become true, or a deadline has passed.

#include "common/uv/loop.h"
#include "common/uv/timer.h"
#include "tests/support/wait.h"

namespace portwatch::test {

class LoopHarness {
 public:
  [[nodiscard]] uv::Loop& loop() { return loop_; }

  /// Runs the loop until `predicate` is true. Returns whether it came true before the deadline.
  template <class Predicate>
  [[nodiscard]] bool run_until(Predicate predicate, std::chrono::milliseconds patience = kPatience) {
    // Wakes the loop also when nothing happens on it, so that the deadline and what other threads change are
    // seen.
    uv::Timer tick(loop_, [] {});
    tick.start_repeating(std::chrono::milliseconds{2});
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!predicate()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      loop_.run_once();
    }
    return true;
  }

  /// Runs what is ready, several turns of it: enough to show that something does not happen.
  void settle() {
    for (int turn = 0; turn < 20; ++turn) loop_.run_once_without_waiting();
  }

 private:
  uv::Loop loop_;
};

}  // namespace portwatch::test
