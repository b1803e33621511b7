// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/store_remark.h"

#include <fmt/format.h>

#include "cli/render/words.h"

namespace portwatch::cli {

std::optional<model::Status> status_beside(Daemon& daemon) {
  auto status = daemon.status();
  return status ? std::optional(std::move(*status)) : std::nullopt;
}

std::uint64_t open_alerts(const model::Status& status) {
  std::uint64_t sum = 0;
  for (const auto& [severity, count] : status.open_alerts) sum += count;
  return sum;
}

void say_what_waits(Session& session, const std::optional<model::Status>& status, std::uint64_t alerts) {
  if (!status || !status->store.problem || status->store.pending_events == 0) return;
  const std::string what = alerts > 0
                               ? count_words(alerts, "alert waits", "alerts wait")
                               : count_words(status->store.pending_events, "event waits", "events wait");
  session.say(Line(fmt::format("{} in memory: the store cannot write (", what), Style::kNotice)
                  .add(*status->store.problem, Style::kNotice)
                  .add(")", Style::kNotice));
}

}  // namespace portwatch::cli
