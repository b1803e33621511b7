// SPDX-License-Identifier: Apache-2.0
#pragma once

// How often an alert is logged: its return is a line a minute, with how many there were since the last line.
// A service that comes and goes all the time must not fill the log.

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "common/model/event.h"

namespace portwatch::app {

class AlertPace {
 public:
  /// Whether this alert_raised or alert_changed is logged now; if so, how many of the alert were not since
  /// its last line. What is new, louder or decided is always logged.
  [[nodiscard]] std::optional<std::uint64_t> pass(const model::Event& event);

 private:
  struct Line {
    base::BootTime at;
    model::Severity severity = model::Severity::kInfo;
    model::AlertState state = model::AlertState::kOpen;
    std::uint64_t passed_over = 0;
  };
  /// Each further alert forgets all the lines: then one more line is written for each.
  static constexpr std::size_t kMostLines = 10'000;

  std::unordered_map<base::AlertId, Line> lines_;
};

}  // namespace portwatch::app
