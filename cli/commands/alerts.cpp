// SPDX-License-Identifier: Apache-2.0
// `alerts`, `alerts list` and `alerts show`: reading.
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/commands/alert_ids.h"
#include "cli/commands/all_alerts.h"
#include "cli/commands/commands.h"
#include "cli/commands/store_remark.h"
#include "cli/render/alert_page.h"
#include "cli/render/words.h"
#include "cli/session.h"
#include "common/base/text.h"
#include "common/json/codec.h"

namespace portwatch::cli {
namespace {

/// Which states are asked for. Errors: kInvalidArgument.
base::Result<std::vector<model::AlertState>> states_of(const Arguments& arguments) {
  std::vector<model::AlertState> states;
  if (arguments.has("--all")) return states;
  for (const std::string& values : arguments.values("--state")) {
    for (const std::string_view name : base::split(values, ',')) {
      const auto state = base::enum_from_name<model::AlertState>(name);
      if (!state)
        return base::fail(base::ErrorCode::kInvalidArgument,
                          fmt::format("--state: '{}' is none of {}", name,
                                      fmt::join(base::kEnumNames<model::AlertState>, ", ")));
      states.push_back(*state);
    }
  }
  if (states.empty()) states.push_back(model::AlertState::kOpen);
  return states;
}

/// How many wait for a person that are not among those that were asked for, as they are not stored yet.
std::uint64_t count_unstored(const std::optional<model::Status>& status,
                             const std::vector<model::AlertState>& states,
                             const std::vector<model::Alert>& alerts) {
  const bool are_open_ones_wanted =
      states.empty() || std::ranges::find(states, model::AlertState::kOpen) != states.end();
  if (!status || !status->store.problem || !are_open_ones_wanted) return 0;
  const auto listed =
      static_cast<std::uint64_t>(std::ranges::count(alerts, model::AlertState::kOpen, &model::Alert::state));
  const std::uint64_t open = open_alerts(*status);
  return open > listed ? open - listed : 0;
}

std::string nothing_words(const std::vector<model::AlertState>& states) {
  if (states.empty()) return "There never was an alert.";
  if (states == std::vector{model::AlertState::kOpen}) return "No alert waits.";
  std::string names;
  for (const model::AlertState state : states) {
    if (!names.empty()) names += " or ";
    names += base::name_of(state);
  }
  return fmt::format("No alert is {}.", names);
}

/// What this person can do next about those that wait.
std::string next_words(const Session& session, const std::vector<model::Alert>& alerts) {
  const auto open = std::ranges::find(alerts, model::AlertState::kOpen, &model::Alert::state);
  const auto id = open != alerts.end() ? open->id.value : alerts.front().id.value;
  std::string words = fmt::format(". Next: alerts show {}", id);
  if (open != alerts.end() && session.may_decide())
    words += fmt::format(", then alerts approve {}, reject {} or ack {}", id, id, id);
  return words;
}

ExitCode run_alerts_list(Session& session) {
  const auto states = states_of(session.arguments());
  if (!states) return session.misuse("alerts list", states.error());
  const auto daemon = session.daemon();
  if (!daemon) return daemon.error();
  const auto alerts = all_alerts(**daemon, {.states = *states});
  if (!alerts) return session.fail(alerts.error());
  const auto status = status_beside(**daemon);
  const std::uint64_t unstored = count_unstored(status, *states, *alerts);
  if (session.wants_json()) {
    nlohmann::json array = nlohmann::json::array();
    for (const auto& alert : *alerts) array.push_back(json::encode(alert));
    session.print_json({{"schema", kJsonSchema}, {"alerts", std::move(array)}});
  } else if (!alerts->empty()) {
    session.print(render_alert_list(session.view(), *alerts));
    session.say(
        Line(count_words(alerts->size(), "alert", "alerts") + next_words(session, *alerts), Style::kFaint));
  } else if (unstored == 0) {
    session.say(Line(nothing_words(*states)));
  }
  say_what_waits(session, status, unstored);
  return ExitCode::kDone;
}

ExitCode run_alerts_show(Session& session) {
  const auto ids = alert_ids(session.arguments());
  if (!ids) return session.misuse("alerts show", ids.error());
  const auto daemon = session.daemon();
  if (!daemon) return daemon.error();
  nlohmann::json array = nlohmann::json::array();
  ExitCode exit = ExitCode::kDone;
  std::string text;
  for (const base::AlertId id : *ids) {
    const auto page = (*daemon)->alerts({.id = id});
    if (!page) return session.fail(page.error());
    if (page->alerts.empty()) {
      session.say(no_such_alert(id));
      exit = ExitCode::kNo;
      continue;
    }
    array.push_back(json::encode(page->alerts.front()));
    if (!text.empty()) text += "\n";
    text += render_alert_page(session.view(), page->alerts.front());
  }
  if (session.wants_json())
    session.print_json({{"schema", kJsonSchema}, {"alerts", std::move(array)}});
  else
    session.print(text);
  return exit;
}

const std::vector<OptionSpec>& list_options() {
  static const std::vector<OptionSpec> kOptions{
      {"", "--state", "STATE", "open (the default), acknowledged, approved or rejected; may be given again",
       true},
      {"-a", "--all", "", "alerts of every state"},
  };
  return kOptions;
}

}  // namespace

CommandSpec alerts_command() {
  return {
      .name = "alerts",
      .group = "Alerts",
      .summary = "What did nobody expect?",
      .details =
          "The same as alerts list. portwatchctl help alerts approve (show, reject, ack) says more on what "
          "can be done.",
      .options = list_options(),
      .examples = {{"portwatchctl alerts", "what waits for you"},
                   {"portwatchctl alerts show 21", "why it was raised, and who it is"},
                   {"portwatchctl alerts approve 21", "it belongs here"}},
      .run = run_alerts_list,
  };
}

CommandSpec alerts_list_command() {
  return {
      .name = "alerts list",
      .group = "Alerts",
      .summary = "Which alerts wait, how severe are they, and why?",
      .details =
          "Newest first. One alert stands for one service: when it comes back, its alert counts up. While "
          "the baseline is being "
          "learned, alerts are listed as ever, only nobody is interrupted.",
      .options = list_options(),
      .examples = {{"portwatchctl alerts list --all", "also those that were decided"},
                   {"portwatchctl alerts list --json | jq '.alerts[] | select(.severity==\"high\")'",
                    "for a script"}},
      .run = run_alerts_list,
  };
}

CommandSpec alerts_show_command() {
  return {
      .name = "alerts show",
      .group = "Alerts",
      .summary = "Why was this alert raised, and what can I do?",
      .details = "",
      .arguments = {{"ID", "the alert's number, as in alerts list: 21 or #21", true, true}},
      .examples = {{"portwatchctl alerts show 21", "all about alert 21"}},
      .exit_notes = {{ExitCode::kNo, "there is no such alert"}},
      .run = run_alerts_show,
  };
}

}  // namespace portwatch::cli
