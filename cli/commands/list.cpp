// SPDX-License-Identifier: Apache-2.0
// `list`: who listens now, folded to one line for each logical listener.
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/commands/all_alerts.h"
#include "cli/commands/commands.h"
#include "cli/commands/store_remark.h"
#include "cli/filters.h"
#include "cli/render/listener_table.h"
#include "cli/render/words.h"
#include "cli/session.h"
#include "common/base/text.h"
#include "common/json/codec.h"

namespace portwatch::cli {
namespace {

/// "1000", "#1000": a user may be asked for by number, known to the system or not.
bool is_number(std::string_view user) {
  return base::parse_u64(user.substr(user.starts_with('#') ? 1 : 0)).has_value();
}

/// What nobody looks at any more is listed as it was seen last.
void say_who_is_unwatched(Session& session, const std::vector<ListenerGroup>& groups) {
  std::uint64_t count = 0;
  std::optional<base::UtcTime> since;
  for (const ListenerGroup& group : groups) {
    if (!group.unwatched_since) continue;
    ++count;
    since = std::min(since.value_or(*group.unwatched_since), *group.unwatched_since);
  }
  if (!since) return;
  session.say(Line(
      fmt::format("{} not watched: open when last seen, at {} or later (status says why).",
                  count_words(count, "listener is", "listeners are"), clock_words(session.view(), *since)),
      Style::kNotice));
}

void say_summary(Session& session, const std::vector<ListenerGroup>& groups, std::size_t sockets,
                 std::size_t all, const std::optional<model::Status>& status) {
  if (groups.empty()) {
    const auto user = session.arguments().value("--user");
    if (user && !is_number(*user) && !session.is_user(*user)) {
      session.say(Line("There is no user ").add(*user).add("."));
      return;
    }
    session.say(Line(all == 0 ? "Nobody listens on this machine, as far as portwatch can see."
                              : "Nothing that listens now matches."));
    return;
  }
  const auto rejected =
      static_cast<std::size_t>(std::ranges::count(groups, true, &ListenerGroup::is_rejected));
  const auto unknown = static_cast<std::size_t>(std::ranges::count(
                           groups, model::Verdict::kUnknown,
                           [](const ListenerGroup& group) { return group.first().verdict; })) -
                       rejected;
  Line line(count_words(groups.size(), "listener", "listeners"), Style::kFaint);
  if (sockets != groups.size())
    line.add(fmt::format(" on {} sockets (-a shows each)", number_words(sockets)), Style::kFaint);
  if (unknown > 0) line.add(fmt::format(", {} unknown", number_words(unknown)), Style::kFaint);
  if (rejected > 0) line.add(fmt::format(", {} rejected", number_words(rejected)), Style::kFaint);
  if (const std::uint64_t waiting = status ? open_alerts(*status) : 0; waiting > 0)
    line.add(fmt::format("; {} (portwatchctl alerts)", count_words(waiting, "alert waits", "alerts wait")),
             Style::kFaint);
  session.say(line);
  say_who_is_unwatched(session, groups);
  const bool is_redacted = std::ranges::any_of(groups, [](const ListenerGroup& group) {
    return std::ranges::any_of(group.sockets,
                               [](const auto& listener) { return !listener->redacted.empty(); });
  });
  if (is_redacted)
    session.say(
        Line("What others run is shown in part. Root and the group portwatch see all of it.", Style::kFaint));
}

/// Whether a person who rejected this service meant this listener. The table has no whole service keys, so
/// one whose port the kernel chose is not recognised.
bool is_of_service(const model::Listener& listener, const model::ServiceKey& service) {
  const net::Endpoint& endpoint = listener.socket.endpoint;
  return service.port == endpoint.port && service.protocol == endpoint.protocol &&
         service.exposure == listener.exposure && service.program_kind == listener.program.kind &&
         service.program == listener.program.id && service.user == listener.service.user;
}

/// What the list calls unknown may have been rejected by a person; alerts know.
void mark_rejected(Daemon& daemon, std::vector<ListenerGroup>& groups) {
  const auto is_unknown = [](const ListenerGroup& group) {
    return group.first().verdict == model::Verdict::kUnknown && group.first().redacted.empty();
  };
  if (std::ranges::none_of(groups, is_unknown)) return;
  // An alert is open again when what was rejected is back.
  const auto alerts = all_alerts(daemon, {.states = {model::AlertState::kRejected, model::AlertState::kOpen,
                                                     model::AlertState::kAcknowledged}});
  if (!alerts) return;
  for (ListenerGroup& group : groups)
    group.is_rejected = is_unknown(group) && std::ranges::any_of(*alerts, [&](const model::Alert& alert) {
                          return is_rejection(alert) && alert.listener && alert.listener->redacted.empty() &&
                                 is_of_service(group.first(), alert.listener->service);
                        });
}

/// {"listeners": […], "schema": 1}, one listener after another: all of them at once take many times the room
/// of their text.
std::string json_text(const std::vector<model::ListenerRef>& listeners) {
  std::string text = R"({"listeners":[)";
  for (const auto& listener : listeners) {
    if (listener != listeners.front()) text += ',';
    text += json::dump(json::encode(*listener));
  }
  return text + fmt::format(R"(],"schema":{}}})"
                            "\n",
                            kJsonSchema);
}

ExitCode run_list(Session& session) {
  const auto daemon = session.daemon();
  if (!daemon) return daemon.error();
  auto all = session.wants_json() ? (*daemon)->listeners({}) : (*daemon)->listeners_in_brief();
  if (!all) return session.fail(all.error());
  const std::size_t total = all->size();
  const auto listeners = choose_listeners(session.arguments(), std::move(*all));
  if (!listeners) return session.misuse("list", listeners.error());

  if (session.wants_json()) {
    session.print(json_text(*listeners));
    say_what_waits(session, status_beside(**daemon));
    return ExitCode::kDone;
  }
  auto groups = session.arguments().has("--all") ? each_alone(*listeners) : fold(*listeners);
  if (session.arguments().has("--quiet")) {
    session.print(render_ports(groups));
    return ExitCode::kDone;
  }
  const auto status = status_beside(**daemon);
  mark_rejected(**daemon, groups);
  session.print(render_listener_table(session.view(), groups));
  say_summary(session, groups, listeners->size(), total, status);
  say_what_waits(session, status);
  return ExitCode::kDone;
}

}  // namespace

CommandSpec list_command() {
  return {
      .name = "list",
      .group = "Every day",
      .summary = "Who listens on this machine now?",
      .details =
          "One line for each program and port: a server's IPv4 and IPv6 sockets, and workers that share a "
          "port, are one line "
          "(-a shows each socket). EXPOSURE says how far it can be reached: loopback, host-only, link, lan, "
          "public, or any. "
          "SINCE has \"\u2264\" in front when it opened before that time, while nobody watched. VERDICT is "
          "\"unknown\" for what "
          "nobody expected, \"rejected\" for what somebody said must not return, \"unwatched\" for what was "
          "open when it was seen last, where nobody looks any more.\n\n"
          "Listeners are TCP sockets that listen and UDP sockets that are bound and not connected.",
      .options = joined({{"-t", "--tcp", "", "TCP alone"},
                         {"-u", "--udp", "", "UDP alone"},
                         {"-4", "--ipv4", "", "IPv4 alone"},
                         {"-6", "--ipv6", "", "IPv6 alone"},
                         {"-a", "--all", "", "a line for each socket: fold nothing"},
                         {"-q", "--quiet", "", "ports alone, one a line: 8080/tcp"},
                         {"", "--port", "PORT", "this port alone"}},
                        who_options()),
      .examples = {{"portwatchctl list -t --user ana", "what ana's programs listen on"},
                   {"portwatchctl list --program http.server", "by a part of the program's name"},
                   {"portwatchctl list --json | jq -r '.listeners[].port'", "for a script"}},
      .run = run_list,
  };
}

}  // namespace portwatch::cli
