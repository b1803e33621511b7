// SPDX-License-Identifier: Apache-2.0
// `status`: is it watching, with what, and what wants attention.
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/render/status_page.h"
#include "cli/session.h"
#include "common/json/codec.h"

namespace portwatch::cli {
namespace {

ExitCode run_status(Session& session) {
  const auto daemon = session.daemon();
  if (!daemon) return daemon.error();
  const auto status = (*daemon)->status();
  if (!status) return session.fail(status.error());
  const FoundDaemon& found = session.found();
  if (session.wants_json()) {
    nlohmann::json json = json::encode(*status);
    json["schema"] = kJsonSchema;
    json["socket"] = {{"path", found.socket}, {"why", found.why}};
    session.print_json(json);
  } else {
    session.print(render_status_page(session.view(), *status, {found.socket, found.why}));
  }
  return ExitCode::kDone;
}

}  // namespace

CommandSpec status_command() {
  return {
      .name = "status",
      .group = "Every day",
      .summary = "Is it watching, how well, and what wants attention?",
      .details =
          "Says which daemon answers and where, which sensor it uses and what that cannot see, how many "
          "listeners there are "
          "by how far they reach, how many alerts wait, and whether the baseline is still being learned. "
          "This is what "
          "portwatchctl does without a command.\n\n"
          "Without --socket and PORTWATCH_SOCKET it asks your own daemon first, then the system's.",
      .examples = {{"portwatchctl", "the same"},
                   {"portwatchctl status --json | jq .open_alerts", "how many alerts wait, by severity"}},
      .run = run_status,
  };
}

}  // namespace portwatch::cli
