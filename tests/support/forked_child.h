// SPDX-License-Identifier: Apache-2.0
#pragma once

// A child made by fork(2) without exec: it has every descriptor of the test's, as the workers of a server
// have those of their master.

#include <functional>

namespace portwatch::test {

class ForkedChild {
 public:
  /// The child runs `work`, which may use system calls only (the test may have threads), then waits to be
  /// killed. Aborts when it cannot be started. When this returns, `work` is done.
  explicit ForkedChild(const std::function<void()>& work = [] {});
  ~ForkedChild() { stop(); }
  ForkedChild(const ForkedChild&) = delete;
  ForkedChild& operator=(const ForkedChild&) = delete;

  [[nodiscard]] int pid() const { return pid_; }
  /// Kills the child and waits until it is gone.
  void stop();

 private:
  int pid_ = -1;
};

}  // namespace portwatch::test
