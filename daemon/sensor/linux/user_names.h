// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names of users by getpwuid_r(3). The system may ask a directory server for them, so answers are kept, and a
// slow one makes us ask less.

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/base/strong_type.h"

namespace portwatch::sensor {

/// Thread: one at a time. Blocks as long as the system's name service does.
class UserNames {
 public:
  /// Nothing when the system knows no name, or answered slowly a short time ago.
  [[nodiscard]] std::optional<std::string> name_of(base::Uid uid);

 private:
  using Clock = std::chrono::steady_clock;
  struct Answer {
    std::optional<std::string> name;
    Clock::time_point expires;
  };

  std::unordered_map<base::Uid, Answer> answers_;
  Clock::time_point silent_until_{};
};

}  // namespace portwatch::sensor
