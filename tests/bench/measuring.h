// SPDX-License-Identifier: Apache-2.0
#pragma once

// Wall and CPU time of work and of whole programs, in turns, and their medians beside those of one of them.
// What else the machine does hits all alike: so the ratios mean something, and the milliseconds less.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace portwatch::bench {

using Milliseconds = std::chrono::duration<double, std::milli>;

struct Cost {
  double wall_ms = 0;
  double cpu_ms = 0;
};

/// Of this process.
[[nodiscard]] Cost cost_of(const std::function<void()>& work);

/// Starts a program found in PATH, with its output in a file. Ends this program when it cannot be started.
[[nodiscard]] pid_t start(const std::vector<std::string>& argv, const std::string& output);

/// Of a whole program, from exec to exit. Ends this program when it fails.
[[nodiscard]] Cost cost_of(const std::vector<std::string>& argv, const std::string& output = "/dev/null");

class Series {
 public:
  explicit Series(std::string name) : name_(std::move(name)) {}
  void add(Cost cost) { costs_.push_back(cost); }

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Zero when nothing was measured.
  [[nodiscard]] Cost median() const;

 private:
  std::string name_;
  std::vector<Cost> costs_;
};

/// Rows of a Markdown table: medians, and their ratios to those of the first.
void print_table(const std::vector<const Series*>& rows);

}  // namespace portwatch::bench
