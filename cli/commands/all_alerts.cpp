// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/all_alerts.h"

#include <algorithm>
#include <iterator>

#include "cli/client/page_trail.h"

namespace portwatch::cli {

base::Result<std::vector<model::Alert>> all_alerts(Daemon& daemon, model::AlertQuery query) {
  std::vector<model::Alert> alerts;
  PageTrail<base::AlertId> trail(
      "list of alerts", query.after,
      [](const base::AlertId& next, const base::AlertId& after) { return next < after; });
  do {
    query.after = trail.after();
    auto page = daemon.alerts(query);
    if (!page) return std::unexpected(page.error());
    PW_TRY(trail.go_on(page->next, page->alerts.size()));
    std::ranges::move(page->alerts, std::back_inserter(alerts));
  } while (trail.after());
  return alerts;
}

}  // namespace portwatch::cli
