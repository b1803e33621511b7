// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/alert_pace.h"

namespace portwatch::app {
namespace {

constexpr base::Micros kBetweenLines = std::chrono::minutes{1};

}  // namespace

std::optional<std::uint64_t> AlertPace::pass(const model::Event& event) {
  const model::Alert& alert = std::get<model::AlertDetail>(event.detail).alert;
  if (lines_.size() >= kMostLines && !lines_.contains(alert.id)) lines_.clear();
  const auto [place, is_new] = lines_.try_emplace(alert.id);
  Line& line = place->second;
  const bool says_more = alert.severity > line.severity || alert.state != line.state;
  const base::BootTime now = event.time.boot;
  if (!is_new && !says_more && now >= line.at && now - line.at < kBetweenLines) {
    ++line.passed_over;
    return std::nullopt;
  }
  const std::uint64_t passed_over = line.passed_over;
  line = {.at = now, .severity = alert.severity, .state = alert.state};
  return passed_over;
}

}  // namespace portwatch::app
