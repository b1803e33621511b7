// SPDX-License-Identifier: Apache-2.0
// `alerts approve`, `alerts reject` and `alerts ack`: deciding.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include <fmt/format.h>

#include "cli/commands/alert_ids.h"
#include "cli/commands/commands.h"
#include "cli/render/alert_page.h"
#include "cli/session.h"
#include "common/json/codec.h"

namespace portwatch::cli {
namespace {

constexpr std::string_view kHowToUndo =
    "  An approval cannot be taken back alone. To begin anew, stop portwatchd and move its database away "
    "(portwatchctl status names it): what listens then belongs here.";
constexpr std::string_view kHowToChange = "  If it belongs here after all, approve it.";

/// What came of one wish.
struct Outcome {
  ExitCode exit = ExitCode::kDone;
  std::optional<model::Alert> alert;  ///< as it is now; unset: it is not what was wished for
};

/// The daemon refused. Asking twice is no failure; else it is said what the alert is, and what can be done.
Outcome explain_refusal(Session& session, Daemon& daemon, base::AlertId id, model::AlertState wanted,
                        const base::Error& error) {
  const bool may_be_decided =
      error.code == base::ErrorCode::kConflict || error.code == base::ErrorCode::kNotFound;
  if (may_be_decided) {
    const auto page = daemon.alerts({.id = id});
    if (page && page->alerts.empty()) {
      session.say(no_such_alert(id));
      return {ExitCode::kNo, std::nullopt};
    }
    if (page && page->alerts.front().state != model::AlertState::kOpen) {
      const model::Alert& alert = page->alerts.front();
      if (alert.state == wanted) return {ExitCode::kDone, alert};
      session.fail({error.code, render_alert_decision(alert).text()});
      session.say(Line(alert.state == model::AlertState::kApproved ? kHowToUndo : kHowToChange));
      return {ExitCode::kFailed, std::nullopt};
    }
  }
  const std::string context = fmt::format("alert #{}", id.value);
  return {session.fail(base::with_context(context, error).error()), std::nullopt};
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
    const auto changed = (*daemon)->change_alert(id, action);
    const Outcome outcome = changed ? Outcome{ExitCode::kDone, *changed}
                                    : explain_refusal(session, **daemon, id, wanted, changed.error());
    exit = std::max(exit, outcome.exit);
    if ((*daemon)->is_lost()) break;
    if (!outcome.alert) continue;
    if (session.wants_json())
      array.push_back(json::encode(*outcome.alert));
    else if (changed)
      session.print(render_alert_change(session.view(), *changed));
    else
      session.print(render_alert_decision(*outcome.alert).render(session.view()));
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
          "Approving what is approved already is done at once. An approval cannot be taken back alone: to "
          "begin anew, stop portwatchd and move its database away (portwatchctl status names it); what "
          "listens then belongs here.",
      .arguments = id_argument(),
      .examples = {{"portwatchctl alerts approve 21 22", "two at once"}},
      .exit_notes = {{ExitCode::kNo, "there is no such alert"}},
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
          "Rejecting ends no process and closes no port; it remembers the service, and its return is high. "
          "What is approved cannot be rejected any more.",
      .arguments = id_argument(),
      .examples = {{"portwatchctl alerts reject 21", "remember that this was wrong"}},
      .exit_notes = {{ExitCode::kNo, "there is no such alert"}},
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
      .exit_notes = {{ExitCode::kNo, "there is no such alert"}},
      .run =
          [](Session& session) {
            return run_change(session, AlertAction::kAcknowledge, model::AlertState::kAcknowledged,
                              "alerts ack");
          },
  };
}

}  // namespace portwatch::cli
