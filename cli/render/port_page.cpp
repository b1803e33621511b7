// SPDX-License-Identifier: Apache-2.0
#include "cli/render/port_page.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "cli/render/conflict_words.h"
#include "cli/render/words.h"

namespace portwatch::cli {
namespace {

constexpr std::size_t kMostHolders = 8;
constexpr std::size_t kMostPastPrograms = 4;
constexpr std::size_t kMostPastEndings = 3;
constexpr std::size_t kMostRefusals = 5;
constexpr std::string_view kArrow = " \u203a ";

bool is_redacted(const model::Listener& listener) {
  return !listener.redacted.empty();
}

std::string port_text(const net::PortQuery& query) {
  std::string text = query.address
                         ? net::Endpoint{.address = *query.address, .port = query.port}.address_and_port()
                         : fmt::format("port {}", query.port.value);
  if (query.protocol) text += fmt::format("/{}", base::name_of(*query.protocol));
  return text;
}

Line heading_of(const ListenerGroup& group, const std::vector<model::Alert>& alerts) {
  const model::Listener& listener = group.first();
  Line line(group.endpoint(), Style::kStrong);
  line.add("  ").add(program_words(listener)).add("  ").add(base::name_of(listener.exposure)).add("  ");
  line.add(verdict_words(listener.verdict, group.is_rejected));
  for (const model::Alert& alert : alerts)
    if (alert.listener && group.is_same_service(*alert.listener))
      line.add(fmt::format(" #{}", alert.id.value), Style::kNotice);
  return line;
}

/// The opening that all of them share: a sentence on who a holder is.
Line holder_words(const View& view, const model::Process& process) {
  Line line(fmt::format("pid {}", process.key.pid.value));
  line.add(", ").add(user_of(process));
  if (process.exe) {
    line.add(", ").add(path_words(view, process.exe->path));
    if (process.exe->is_deleted) line.add(" (deleted from disk)", Style::kAlarm);
  } else if (!process.name.empty()) {
    line.add(", calls itself ").add(process.name);
  }
  if (process.attribution == model::Attribution::kDenied)
    line.add(" (portwatchd may not look into it)", Style::kFaint);
  if (process.attribution == model::Attribution::kExited) line.add(" (has ended)", Style::kFaint);
  return line;
}

Line chain_words(const model::Process& process) {
  Line line;
  for (auto ancestor = process.ancestors.rbegin(); ancestor != process.ancestors.rend(); ++ancestor)
    line.add(ancestor->name).add(kArrow, Style::kFaint);
  return line.add(process.name.empty() ? "?" : process.name);
}

Line place_words(const View& view, const model::Process& process) {
  Line line;
  const auto part = [&line](std::string_view before, std::string_view text) {
    if (!line.empty()) line.add(", ");
    line.add(before).add(text);
  };
  if (process.cwd) part("", path_words(view, *process.cwd));
  if (process.unit) part("unit ", *process.unit);
  if (process.container) {
    const auto id = std::string_view(*process.container).substr(0, 12);
    part("container ", process.container_name.value_or(std::string(id)));
    if (process.container_name && process.container_name != process.container)
      line.add(" (").add(id).add(")");
  }
  return line;
}

/// Which socket, when there is more to say than the heading does.
void add_socket_fields(Page& page, const ListenerGroup& group) {
  if (group.sockets.size() < 2) return;
  std::map<std::string, std::size_t> counts;
  for (const auto& listener : group.sockets) ++counts[listener->socket.endpoint.address_and_port()];
  Line line(count_words(group.sockets.size(), "socket", "sockets"));
  std::string_view separator = ": ";
  for (const auto& [address, count] : counts) {
    line.add(separator).add(address);
    if (count > 1) line.add(fmt::format(" \u00d7{}", count));
    separator = ", ";
  }
  page.field("sockets", line);
}

void add_past(Page& page, const PortPast& past) {
  if (past.holders.empty()) return;
  Line line;
  std::uint64_t others = 0;
  for (std::size_t i = 0; i < past.holders.size(); ++i) {
    if (i >= kMostPastPrograms) {
      others += past.holders[i].times;
      continue;
    }
    if (i > 0) line.add(", ");
    line.add(fmt::format("{} \u00d7 ", number_words(past.holders[i].times))).add(past.holders[i].program);
  }
  if (others > 0) line.add(fmt::format(", {} \u00d7 others", number_words(others)));
  line.add(past.is_complete ? fmt::format(" in {} d", kPastDays) : " lately");
  page.field("past", line);
}

/// How those before ended: what a crash loop looks like.
void add_past_endings(Page& page, const PortPast& past) {
  if (past.endings.empty()) return;
  Line line;
  for (std::size_t i = 0; i < std::min(past.endings.size(), kMostPastEndings); ++i) {
    if (i > 0) line.add(", ");
    line.add(fmt::format("{} \u00d7 ", number_words(past.endings[i].times))).add(past.endings[i].how);
  }
  if (past.endings.size() > kMostPastEndings) line.add(", \u2026");
  page.field("ended", line);
}

/// Who wanted the port and did not get it.
void add_refusals(Page& page, const View& view, const PortPicture& picture) {
  std::string label = "refused";
  for (std::size_t i = 0; i < picture.refusals.size(); ++i) {
    if (i == kMostRefusals) {
      page.field(label, Line(fmt::format("and {} more: history {} --kind bind_conflict",
                                         number_words(picture.refusals.size() - i), picture.query.port.value),
                             Style::kFaint));
      return;
    }
    page.field(label, refusal_words(view, picture.refusals[i]));
    label.clear();
  }
}

void add_reasons(Page& page, const ListenerGroup& group, const std::vector<model::Alert>& alerts) {
  for (const model::Alert& alert : alerts) {
    if (!alert.listener || !group.is_same_service(*alert.listener)) continue;
    std::string label = "flagged";
    for (const model::Reason& reason : alert.reasons) {
      page.field(label, Line(reason.text));
      label.clear();
    }
  }
}

void add_next(Page& page, const PortPicture& picture) {
  Line line;
  const auto part = [&line](const std::string& command) {
    if (!line.empty()) line.add("  |  ", Style::kFaint);
    line.add(command);
  };
  for (const model::Alert& alert : picture.alerts) {
    part(fmt::format("alerts show {}", alert.id.value));
    if (picture.may_decide) part(fmt::format("alerts approve {}", alert.id.value));
  }
  part(picture.query.protocol
           ? fmt::format("history {}/{}", base::name_of(*picture.query.protocol), picture.query.port.value)
           : fmt::format("history {}", picture.query.port.value));
  page.field("next", line);
}

void render_free(Page& page, const View& view, const PortPicture& picture) {
  Line heading;
  if (picture.at)
    heading.add(fmt::format("Nobody listened on {} at {}.", port_text(picture.query),
                            clock_words(view, *picture.at)));
  else
    heading.add(fmt::format("Nobody listens on {}.", port_text(picture.query)));
  page.heading(heading);
  if (picture.past.last_closed && picture.past.last_closed->listener) {
    const model::Event& closed = *picture.past.last_closed;
    Line last;
    last.add(program_words(*closed.listener)).add(" of ").add(user_words(*closed.listener));
    last.add(", closed ").add(clock_words(view, closed.time.at));
    if (!picture.at) last.add(fmt::format(" ({})", distance_words(view, closed.time.at)));
    if (const std::string ending = ending_words(*closed.listener); !ending.empty())
      last.add(", ").add(ending);
    page.field("last", last);
  }
  add_past(page, picture.past);
  add_past_endings(page, picture.past);
  add_refusals(page, view, picture);
  for (const std::string& spot : picture.blind_spots) page.field("but", Line(spot, Style::kNotice));
  if (!picture.refusals.empty() && !picture.at) add_next(page, picture);
}

}  // namespace

void add_listener_fields(Page& page, const View& view, const ListenerGroup& group) {
  const model::Listener& listener = group.first();
  if (group.owners.empty()) {
    Line who(is_redacted(listener) ? user_words(listener) : attribution_sentence(listener.attribution));
    if (is_redacted(listener))
      who.add(" (the process is for root and the group portwatch to see)", Style::kFaint);
    page.field("who", who);
  }
  std::string label = "who";
  for (std::size_t i = 0; i < group.owners.size(); ++i) {
    if (i == kMostHolders) {
      page.field(label, Line(fmt::format("and {} more (list --json names {})",
                                         group.owners.size() - i + group.owners_left_out,
                                         group.owners_left_out == 0 ? "all" : "some")));
      break;
    }
    page.field(label, holder_words(view, *group.owners[i]));
    label.clear();
  }
  if (!group.owners.empty() && listener.attribution == model::Attribution::kKernel)
    page.field(label,
               Line("(no descriptor shows it: io_uring keeps it, or it is on its way to another process)",
                    Style::kFaint));
  if (!group.owners.empty()) {
    const model::Process& oldest = *group.owners.front();
    if (!oldest.argv.empty()) page.field("runs", Line(command_words(oldest)));
    if (!oldest.ancestors.empty()) page.field("why", chain_words(oldest));
    if (const std::string login = login_words(oldest); !login.empty()) page.field("login", Line(login));
    if (const Line place = place_words(view, oldest); !place.empty()) page.field("where", place);
    if (is_redacted(listener))
      page.field("hidden",
                 Line("what it runs and where is for root and the group portwatch to see", Style::kFaint));
  }
  add_socket_fields(page, group);
  if (listener.closed == listener.opened) {  // it was refused its address
    page.field("wanted", Line(precise_words(view, listener.opened)));
    return;
  }
  Line since(precise_words(view, listener.opened));
  if (listener.opened.precision == model::Precision::kGap && !group.owners.empty() &&
      group.owners.front()->started_at.time_since_epoch().count() > 0)
    since.add(fmt::format("; its process started {}", clock_words(view, group.owners.front()->started_at)));
  page.field("since", since);
  if (group.unwatched_since)
    page.field("watched", Line(fmt::format("until {}: it was open then, and nobody has looked since",
                                           clock_words(view, *group.unwatched_since)),
                               Style::kNotice));
  if (listener.closed) {
    Line until(precise_words(view, *listener.closed));
    if (const std::string ending = ending_words(listener); !ending.empty()) until.add(", ").add(ending);
    page.field("until", until);
  }
}

std::string render_port_page(const View& view, const PortPicture& picture) {
  Page page(view);
  if (picture.groups.empty()) {
    render_free(page, view, picture);
    return page.text();
  }
  if (picture.at) {
    page.heading(Line(fmt::format("At {}:", full_time_words(view, *picture.at)), Style::kFaint));
    page.blank();
  }
  bool is_first = true;
  for (const ListenerGroup& group : picture.groups) {
    if (!is_first) page.blank();
    is_first = false;
    page.heading(heading_of(group, picture.alerts));
    add_listener_fields(page, view, group);
    add_reasons(page, group, picture.alerts);
  }
  if (picture.groups.size() > 1) page.blank();
  add_past(page, picture.past);
  add_past_endings(page, picture.past);
  add_refusals(page, view, picture);
  for (const std::string& spot : picture.blind_spots) page.field("but", Line(spot, Style::kNotice));
  add_next(page, picture);
  return page.text();
}

PortPast summarise_past(const std::vector<model::Event>& events, bool is_complete) {
  PortPast past{.is_complete = is_complete};
  std::map<std::string, std::uint64_t> times;
  std::map<std::string, std::uint64_t> endings;
  for (const model::Event& event : events) {
    if (event.kind == model::EventKind::kClosed && !past.last_closed) past.last_closed = event;
    if (event.kind == model::EventKind::kClosed && event.listener)
      if (std::string how = cause_words(event.listener->ending); !how.empty()) ++endings[std::move(how)];
    if (event.kind == model::EventKind::kOpened && event.listener && has_name(*event.listener))
      ++times[program_words(*event.listener).text()];
  }
  for (const auto& [program, count] : times) past.holders.push_back({program, count});
  std::ranges::sort(past.holders, [](const PastHolder& a, const PastHolder& b) {
    return std::tuple(b.times, a.program) < std::tuple(a.times, b.program);
  });
  for (const auto& [how, count] : endings) past.endings.push_back({how, count});
  std::ranges::sort(past.endings, [](const PastEnding& a, const PastEnding& b) {
    return std::tuple(b.times, a.how) < std::tuple(a.times, b.how);
  });
  return past;
}

}  // namespace portwatch::cli
