// SPDX-License-Identifier: Apache-2.0
#pragma once

// A world in which the clock and the disk do what a test says, for a real program: a library that is
// preloaded into it answers clock_gettime(2) and pwrite(2) by a page that both share. Time namespaces do not
// cover the wall clock, and nobody may set that of the machine.

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/attack/starved/false_world_page.h"
#include "tests/support/temp_dir.h"

namespace portwatch::test {

class FalseWorld {
 public:
  FalseWorld();
  ~FalseWorld();
  FalseWorld(const FalseWorld&) = delete;
  FalseWorld& operator=(const FalseWorld&) = delete;

  /// For a program that is to live in it.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const;

  /// The wall clock is so much ahead of the true one; negative: behind it.
  void set_wall_clock(std::chrono::microseconds ahead) { page_->wall_clock_us = ahead.count(); }
  /// The machine has slept so long: both clocks go on by that.
  void sleep_machine(std::chrono::microseconds slept);
  void fail_writes(int os_errno) { page_->write_errno = os_errno; }

 private:
  [[nodiscard]] std::filesystem::path library() const { return folder_ / "world.so"; }

  TempDir folder_;
  FalseWorldPage* page_ = nullptr;
};

}  // namespace portwatch::test
