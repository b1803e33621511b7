// SPDX-License-Identifier: Apache-2.0
// `alerts approve`, `alerts reject` and `alerts ack`: deciding.
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/commands/alert_ids.h"
#include "cli/commands/commands.h"
#include "cli/render/alert_page.h"
#include "cli/session.h"
#include "common/json/codec.h"

namespace portwatch::cli {
namespace {

/// The change, or the alert as it is when it has been changed so before: asking twice is no failure.
base::Result<model::Alert> change(Daemon& daemon, base::AlertId id, AlertAction action,
                                  model::AlertState wanted) {
  auto changed = daemon.change_alert(id, action);
  if (changed || changed.error().code != base::ErrorCode::kConflict) return changed;
  const auto page = daemon.alerts({.id = id});
  if (page && !page->alerts.empty() && page->alerts.front().state == wanted) return page->alerts.front();
  return changed;
}

ExitCode run_change(Session& session, AlertAction action, model::AlertState wanted,
                    std::string_view command) {
  const auto ids = alert_ids(session.arguments());
  if (!ids) return session.misuse(command, ids.error());
  const auto daemon = session.daemon();
  if (!daemon) return daemon.error();
  nlohmann::json array = nlohmann::json::array();
  ExitCode exit = ExitCode::kDone;
  for (const base::AlertId id : *ids) {
    const auto changed = change(**daemon, id, action, wanted);
    if (!changed) {
      exit = session.fail(base::with_context(fmt::format("alert #{}", id.value), changed.error()).error());
      if ((*daemon)->is_lost()) break;
      continue;
    }
    if (session.wants_json())
      array.push_back(json::encode(*changed));
    else
      session.print(render_alert_change(session.view(), *changed));
  }
  if (session.wants_json()) session.print_json({{"schema", kJsonSchema}, {"alerts", std::move(array)}});
  return exit;
}

const std::vector<ArgumentSpec>& id_argument() {
  static const std::vector<ArgumentSpec> kArguments{
      {"ID", "the alert's number; several may be given", true, true}};
  return kArguments;
}

}  // namespace

CommandSpec alerts_approve_command() {
  return {
      .name = "alerts approve",
      .group = "Alerts",
      .summary = "It belongs here: never alert on it again.",
      .details =
          "Adds the service to the baseline: this program, of this user, on this port (or on any, when the "
          "kernel chose it), "
          "reaching this far. Another port, another user, or a wider reach of the same program is not "
          "approved by it. "
          "Approving what is approved already is done at once.",
      .arguments = id_argument(),
      .examples = {{"portwatchctl alerts approve 21 22", "two at once"}},
      .run =
          [](Session& session) {
            return run_change(session, AlertAction::kApprove, model::AlertState::kApproved, "alerts approve");
          },
  };
}

CommandSpec alerts_reject_command() {
  return {
      .name = "alerts reject",
      .group = "Alerts",
      .summary = "It must not return: when it does, that is a high alert.",
      .details =
          "Rejecting ends no process and closes no port; it remembers the service, and its return is high.",
      .arguments = id_argument(),
      .examples = {{"portwatchctl alerts reject 21", "remember that this was wrong"}},
      .run =
          [](Session& session) {
            return run_change(session, AlertAction::kReject, model::AlertState::kRejected, "alerts reject");
          },
  };
}

CommandSpec alerts_ack_command() {
  return {
      .name = "alerts ack",
      .group = "Alerts",
      .summary = "Seen: stop reminding me, but do not call it known.",
      .details = "The service stays unknown, and when it comes back its alert counts up silently.",
      .arguments = id_argument(),
      .examples = {{"portwatchctl alerts ack 21", "I know, and decide later"}},
      .run =
          [](Session& session) {
            return run_change(session, AlertAction::kAcknowledge, model::AlertState::kAcknowledged,
                              "alerts ack");
          },
  };
}

}  // namespace portwatch::cli
