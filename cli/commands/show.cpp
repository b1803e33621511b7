// SPDX-License-Identifier: Apache-2.0
// `show`: all about one port, now or at a time in the past.
#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "cli/client/event_filter.h"
#include "cli/commands/all_alerts.h"
#include "cli/commands/commands.h"
#include "cli/filters.h"
#include "cli/render/connection_table.h"
#include "cli/render/port_page.h"
#include "cli/render/words.h"
#include "cli/session.h"
#include "cli/times.h"
#include "common/base/text.h"
#include "common/json/codec.h"
#include "common/model/has_reason.h"

namespace portwatch::cli {
namespace {

/// So many openings and closings are enough to say who uses a port.
constexpr std::size_t kMostPastEvents = model::kMaxPage;

/// Of these kinds from then on, newest first.
base::Result<EventsAnswer> ask_events(Daemon& daemon, const net::PortQuery& port, base::UtcTime since,
                                      base::UtcTime until, std::vector<model::EventKind> kinds) {
  EventsQuestion question;
  // A listener on every address held this one too; the store compares addresses as they are.
  question.query.port = net::PortQuery{.port = port.port, .protocol = port.protocol};
  question.query.since = since;
  question.query.until = until;
  question.query.kinds = std::move(kinds);
  question.query.newest_first = true;
  question.query.limit = kMostPastEvents;
  auto answer = daemon.events(question);
  if (!answer) return answer;
  std::erase_if(answer->events, [&](const model::Event& event) {
    return !event.listener || !matches(port, event.listener->socket.endpoint);
  });
  return answer;
}

base::Result<PortPast> ask_past(Daemon& daemon, const net::PortQuery& port, base::UtcTime until) {
  const auto answer = ask_events(daemon, port, until - std::chrono::days(kPastDays), until,
                                 {model::EventKind::kOpened, model::EventKind::kClosed});
  if (!answer) return std::unexpected(answer.error());
  return summarise_past(answer->events, !answer->next.has_value());
}

/// Who was refused the port in the last day, the latest first. Those that came again are stored when their
/// minute is over, so behind others that came later.
base::Result<std::vector<model::Event>> ask_refusals(Daemon& daemon, const net::PortQuery& port,
                                                     base::UtcTime until) {
  auto answer = ask_events(daemon, port, until - kRefusalHours, until, {model::EventKind::kBindConflict});
  if (!answer) return std::unexpected(std::move(answer).error());
  std::ranges::sort(answer->events, std::greater(),
                    [](const model::Event& event) { return std::pair(event.time.at, event.seq); });
  return std::move(answer->events);
}

/// The alerts that are about one of the groups, or about who does not get the port; but for those that are
/// settled for good.
base::Result<std::vector<model::Alert>> ask_alerts(Daemon& daemon, const net::PortQuery& port,
                                                   const std::vector<ListenerGroup>& groups) {
  auto alerts = all_alerts(daemon, {.states = {model::AlertState::kOpen, model::AlertState::kAcknowledged,
                                               model::AlertState::kRejected}});
  if (!alerts) return alerts;
  std::erase_if(*alerts, [&](const model::Alert& alert) {
    if (!alert.listener) return true;
    const bool is_about_refusals = model::has_reason(alert.reasons, model::ReasonCode::kBindConflict);
    if (is_about_refusals && matches(port, alert.listener->socket.endpoint)) return false;
    return std::ranges::none_of(
        groups, [&](const ListenerGroup& group) { return group.is_same_service(*alert.listener); });
  });
  return alerts;
}

std::vector<std::string> blind_spots_now(const model::Status& status) {
  std::vector<std::string> spots;
  if (status.scan.problem) spots.push_back("portwatchd cannot look now: " + *status.scan.problem);
  for (const HoleWords& hole : hole_words(status.coverage))
    spots.push_back(fmt::format("it does not see all of {}: {}", hole.table, hole.reason));
  return spots;
}

/// A second that is named whole is its end: who opened within it, as the history says, was there.
base::UtcTime meant(base::UtcTime at, base::UtcTime now) {
  const bool is_whole = at == std::chrono::floor<std::chrono::seconds>(at);
  return is_whole ? std::min(at + base::Micros{999'999}, now) : at;
}

/// Whether somebody watched at that time.
base::Result<std::vector<std::string>> blind_spots_at(Daemon& daemon, const View& view, base::UtcTime at) {
  EventsQuestion first;
  first.query.limit = 1;
  const auto oldest = daemon.events(first);
  if (!oldest) return std::unexpected(oldest.error());
  if (oldest->events.empty() || oldest->events.front().time.at > at)
    return std::vector<std::string>{oldest->events.empty()
                                        ? std::string("nothing is recorded yet")
                                        : fmt::format("nothing is recorded from before {}",
                                                      clock_words(view, oldest->events.front().time.at))};

  EventsQuestion gaps;
  gaps.query.kinds = {model::EventKind::kGap};
  gaps.query.since = at;
  gaps.query.limit = 1;
  const auto next_gap = daemon.events(gaps);
  if (!next_gap) return std::unexpected(next_gap.error());
  if (next_gap->events.empty()) return std::vector<std::string>();
  const auto* gap = std::get_if<model::GapDetail>(&next_gap->events.front().detail);
  if (gap == nullptr || gap->from > at || gap->to < at) return std::vector<std::string>();
  return std::vector<std::string>{fmt::format("nobody watched from {} to {}: {}",
                                              clock_words(view, gap->from), clock_words(view, gap->to),
                                              gap->reason)};
}

/// Whether its end on this side is what was asked for; a wildcard asks for every address.
bool is_at(const model::Connection& connection, const net::PortQuery& asked) {
  return !asked.address || asked.address->is_wildcard() || connection.local.address == *asked.address;
}

bool is_elsewhere(const model::ListenerRef& listener) {
  return !listener->socket.network.empty();
}

/// Everything for the page. Errors: of the daemon.
base::Result<PortPicture> take_picture(Daemon& daemon, const View& view, const net::PortQuery& port,
                                       std::optional<base::UtcTime> at, bool may_decide,
                                       std::vector<model::ListenerRef>& listeners) {
  PortPicture picture{.query = port, .at = at};
  auto found = at ? daemon.listeners_at({.at = meant(*at, view.now), .port = port, .limit = model::kMaxPage})
                  : daemon.listeners(port.port);
  if (!found) return std::unexpected(found.error());
  listeners = std::move(*found);
  std::erase_if(listeners, [&](const model::ListenerRef& listener) {
    return !listener || !matches(port, listener->socket.endpoint);
  });
  picture.groups = fold(listeners);

  auto past = ask_past(daemon, port, at.value_or(view.now));
  if (!past) return std::unexpected(past.error());
  picture.past = std::move(*past);
  auto refusals = ask_refusals(daemon, port, at.value_or(view.now));
  if (!refusals) return std::unexpected(refusals.error());
  picture.refusals = std::move(*refusals);
  if (at) {
    auto spots = blind_spots_at(daemon, view, *at);
    if (!spots) return std::unexpected(spots.error());
    picture.blind_spots = std::move(*spots);
    return picture;
  }
  auto alerts = ask_alerts(daemon, port, picture.groups);
  if (!alerts) return std::unexpected(alerts.error());
  picture.alerts = std::move(*alerts);
  picture.may_decide = may_decide;
  for (ListenerGroup& group : picture.groups)
    group.is_rejected = std::ranges::any_of(picture.alerts, [&](const model::Alert& alert) {
      return is_rejection(alert) && group.is_same_service(*alert.listener);
    });
  const auto status = daemon.status();
  if (!status) return std::unexpected(status.error());
  picture.blind_spots = blind_spots_now(*status);
  return picture;
}

nlohmann::json to_json(const PortPicture& picture, const std::vector<model::ListenerRef>& listeners) {
  nlohmann::json json{{"schema", kJsonSchema}, {"port", picture.query.port.value}};
  json["at"] = picture.at ? nlohmann::json(base::to_rfc3339(*picture.at)) : nlohmann::json(nullptr);
  json["listeners"] = nlohmann::json::array();
  for (const auto& listener : listeners) json["listeners"].push_back(json::encode(*listener));
  json["alerts"] = nlohmann::json::array();
  for (const auto& alert : picture.alerts) json["alerts"].push_back(json::encode(alert));
  json["past"] = nlohmann::json::array();
  for (const auto& holder : picture.past.holders)
    json["past"].push_back({{"program", base::to_valid_utf8(holder.program)}, {"times", holder.times}});
  json["past_endings"] = nlohmann::json::array();
  for (const auto& ending : picture.past.endings)
    json["past_endings"].push_back({{"how", base::to_valid_utf8(ending.how)}, {"times", ending.times}});
  json["refusals"] = nlohmann::json::array();
  for (const auto& refusal : picture.refusals) json["refusals"].push_back(json::encode(refusal));
  json["blind_spots"] = nlohmann::json::array();
  for (const auto& spot : picture.blind_spots) json["blind_spots"].push_back(base::to_valid_utf8(spot));
  return json;
}

ExitCode run_show(Session& session) {
  const View view = session.view();
  const auto port = port_argument(session.arguments());
  if (!port) return session.misuse("show", port.error());
  std::optional<base::UtcTime> at;
  if (const auto text = session.arguments().value("--at")) {
    const auto time = parse_time(*text, view.now, session.zone());
    if (!time) return session.misuse("show", base::with_context("--at", time.error()).error());
    if (*time > view.now)
      return session.misuse(
          "show", {base::ErrorCode::kInvalidArgument, "--at: nobody knows yet who will listen then"});
    // Nobody who types "2h" means a microsecond.
    at = text->contains('.') ? *time : std::chrono::floor<std::chrono::seconds>(*time);
  }
  if (at && session.arguments().has("--clients"))
    return session.misuse("show",
                          {base::ErrorCode::kInvalidArgument,
                           "--clients: connections are not stored, so they cannot be told of the past"});
  if ((*port)->protocol == net::Protocol::kUdp && session.arguments().has("--clients"))
    return session.misuse("show", {base::ErrorCode::kInvalidArgument,
                                   "--clients: UDP has no connections; clients are those of TCP"});
  const auto daemon = session.daemon();
  if (!daemon) return daemon.error();
  std::vector<model::ListenerRef> listeners;
  const auto picture = take_picture(**daemon, view, **port, at, session.may_decide(), listeners);
  if (!picture) return session.fail(picture.error());
  std::optional<model::ConnectionList> clients;
  if (session.arguments().has("--clients")) {
    auto found = (*daemon)->connections((*port)->port);
    if (!found) return session.fail(found.error());
    clients = std::move(*found);
    std::erase_if(clients->connections,
                  [&](const model::Connection& connection) { return !is_at(connection, **port); });
  }
  if (session.wants_json()) {
    auto json = to_json(*picture, listeners);
    if (clients) json["clients"] = protocol::encode(*clients);
    session.print_json(json);
  } else {
    session.print(render_port_page(view, *picture));
    if (clients) session.print("\n" + render_connections(view, *clients));
    if (clients && std::ranges::any_of(listeners, is_elsewhere))
      session.say(Line("Clients are looked for in portwatchd's own network alone.", Style::kFaint));
  }
  return listeners.empty() ? ExitCode::kNo : ExitCode::kDone;
}

}  // namespace

CommandSpec show_command() {
  return {
      .name = "show",
      .group = "Every day",
      .summary = "All about one port: who holds it, since when, why, and is it known?",
      .details =
          "Says which program holds the port, who started it and where, since when and how exactly that is "
          "known, what "
          "portwatch thinks of it, who held the port before, who wanted it in the last day and did not get "
          "it, and "
          "what you can do next. With --at it says who "
          "listened at a "
          "time in the past, also when that program is long gone. portwatchctl 3000 is short for "
          "portwatchctl show 3000.",
      .arguments = {{"PORT", "3000, :3000, udp/5353, 127.0.0.1:3000, [::1]:3000, or a URL", true}},
      .options = {{"", "--at", "TIME",
                   "then instead of now: 12:30, \"yesterday 14:05\", 2h (ago), or RFC 3339"},
                  {"-c", "--clients", "",
                   "who is connected to it now (TCP), with the programs on this machine"}},
      .examples = {{"portwatchctl 62893", "who holds port 62893?"},
                   {"portwatchctl show http://localhost:3000/app", "a URL, as it was pasted"},
                   {"portwatchctl show 5432 --clients", "and who uses it?"},
                   {"portwatchctl show 5432 --at \"yesterday 14:05\"", "who held it then?"},
                   {"portwatchctl show 3000 >/dev/null || npm start", "only when the port is free"}},
      .exit_notes = {{ExitCode::kNo, "nobody listens there"}},
      .run = run_show,
  };
}

}  // namespace portwatch::cli
