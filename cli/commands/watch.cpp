// SPDX-License-Identifier: Apache-2.0
// `watch`: events as they become durable.
#include "cli/commands/commands.h"
#include "cli/commands/follow.h"
#include "cli/commands/store_remark.h"
#include "cli/filters.h"
#include "cli/session.h"

namespace portwatch::cli {
namespace {

ExitCode run_watch(Session& session) {
  const Arguments& arguments = session.arguments();
  auto query = event_query(arguments, session.now(), session.zone());
  if (!query) return session.misuse("watch", query.error());
  if (arguments.has("--alerts")) {
    if (!query->kinds.empty())
      return session.misuse("watch",
                            {base::ErrorCode::kInvalidArgument, "--alerts and --kind exclude each other"});
    query->kinds = {model::EventKind::kAlertRaised, model::EventKind::kAlertChanged};
  }
  const auto after = cursor_argument(arguments);
  if (!after) return session.misuse("watch", after.error());
  const auto daemon = session.daemon();
  if (!daemon) return daemon.error();
  if (!session.wants_json()) session.say(Line("Watching; Ctrl-C ends it.", Style::kFaint));
  say_what_waits(session, status_beside(**daemon));
  return follow_events(session, **daemon, {.query = std::move(*query), .after = *after},
                       [&](const model::Event& event) { print_event(session, event); });
}

}  // namespace

CommandSpec watch_command() {
  return {
      .name = "watch",
      .group = "Every day",
      .summary = "What opens and closes, as it happens?",
      .details =
          "One line for each event, once it is durable: what watch has shown is in history for ever. With "
          "--json each line is "
          "one event. When portwatchd goes away, watch says so, waits, and goes on where it was, without a "
          "gap or a repetition. "
          "Ctrl-C ends it; the shell sees 130, as for any command that was interrupted.",
      .arguments = {{"PORT", "events of this port alone", false}},
      .options =
          joined(joined({{"", "--alerts", "", "alerts alone: raised, approved, rejected, acknowledged"},
                         {"", "--after", "CURSOR",
                          "begin behind this event instead of now: a \"next\" of history --json, or "
                          "the seq of an event"}},
                        event_options()),
                 who_options()),
      .examples = {{"portwatchctl watch", "everything"},
                   {"portwatchctl watch --alerts", "only what nobody expected"},
                   {"portwatchctl watch 3000 --json", "one port, for a script"}},
      .run = run_watch,
  };
}

}  // namespace portwatch::cli
