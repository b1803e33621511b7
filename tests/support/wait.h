// SPDX-License-Identifier: Apache-2.0
#pragma once

// Waiting for something that another thread or process does: a predicate and a deadline, never a fixed sleep.

#include <chrono>
#include <thread>

namespace portwatch::test {

/// Long enough for a slow, busy, sanitized machine; only a failing test waits so long.
inline constexpr std::chrono::seconds kPatience{20};

/// Asks again and again until `predicate` is true. Returns whether it came true before the deadline.
template <class Predicate>
[[nodiscard]] bool wait_until(Predicate predicate, std::chrono::milliseconds patience = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

}  // namespace portwatch::test
