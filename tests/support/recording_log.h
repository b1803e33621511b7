// SPDX-License-Identifier: Apache-2.0
#pragma once

// A log that keeps what it is told, for a test to look at.

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/app/log.h"

namespace portwatch::test {

class RecordingLog final : public app::Log {
 public:
  void write(app::LogLevel level, std::string_view message) override {
    const std::scoped_lock lock(mutex_);
    lines_.push_back(std::string(base::name_of(level)) + " " + std::string(message));
  }
  void set_level(app::LogLevel) override {}
  [[nodiscard]] bool says(app::LogLevel) const override { return true; }

  /// How many messages have this in them.
  [[nodiscard]] std::size_t count(std::string_view part) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(
        lines_, [&](const std::string& line) { return line.find(part) != std::string::npos; }));
  }
  [[nodiscard]] std::string text() const {
    const std::scoped_lock lock(mutex_);
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace portwatch::test
