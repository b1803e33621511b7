// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `alerts` and `alerts show` say.

#include <span>
#include <string>

#include "cli/render/line.h"
#include "cli/render/view.h"
#include "common/model/alert.h"

namespace portwatch::cli {

/// Two lines for each alert: what, and why. Empty for none.
[[nodiscard]] std::string render_alert_list(const View& view, std::span<const model::Alert> alerts);

/// Everything about one alert, and what can be done.
[[nodiscard]] std::string render_alert_page(const View& view, const model::Alert& alert);

/// What an approval, rejection or acknowledgement means from now on: one line.
[[nodiscard]] std::string render_alert_change(const View& view, const model::Alert& alert);

/// What was decided before, and by whom: one line for those who decide once more.
[[nodiscard]] Line render_alert_decision(const model::Alert& alert);

}  // namespace portwatch::cli
