// SPDX-License-Identifier: Apache-2.0
#include "cli/render/alert_page.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/render/page.h"
#include "cli/render/port_page.h"
#include "cli/render/table.h"
#include "cli/render/words.h"

namespace portwatch::cli {
namespace {

constexpr std::size_t kReasonIndent = 6;

ListenerGroup group_of(const model::Listener& listener) {
  const auto reference = std::make_shared<const model::Listener>(listener);
  return each_alone(std::span(&reference, 1)).front();
}

Line state_words(const model::Alert& alert) {
  if (alert.state == model::AlertState::kOpen) return Line("open", Style::kStrong);
  Line line(base::name_of(alert.state));
  if (!alert.changed_by.empty()) line.add(" by ").add(alert.changed_by);
  return line;
}

Line seen_words(const View& view, const model::Alert& alert) {
  if (alert.count <= 1) return Line(clock_words(view, alert.opened_at));
  return Line(fmt::format("{} times, first {}, last {}",
                          number_words(static_cast<std::uint64_t>(alert.count)),
                          clock_words(view, alert.opened_at), clock_words(view, alert.last_seen_at)));
}

/// One command and what it does, in two columns.
Line choice(std::string_view command, std::string_view meaning) {
  constexpr std::size_t kMeaningColumn = 20;
  return Line(command).pad_to(kMeaningColumn).add("  ").add(meaning, Style::kFaint);
}

}  // namespace

std::string render_alert_list(const View& view, std::span<const model::Alert> alerts) {
  const bool has_decided = std::ranges::any_of(
      alerts, [](const model::Alert& alert) { return alert.state != model::AlertState::kOpen; });
  Table table({{.header = "ALERT", .is_right_aligned = true},
               {.header = "SEVERITY"},
               {.header = "ADDRESS", .min_width = 21, .keeps_port = true},
               {.header = "PROGRAM", .min_width = 14},
               {.header = "USER", .min_width = 5},
               {.header = "LAST SEEN"},
               {.header = has_decided ? "STATE" : ""}});
  for (const model::Alert& alert : alerts) {
    if (!alert.listener) continue;
    const model::Listener& listener = *alert.listener;
    Line seen(clock_words(view, alert.last_seen_at));
    if (alert.count > 1) seen.add(fmt::format(" \u00d7{}", alert.count));
    table.add_row({Line(fmt::format("#{}", alert.id.value), Style::kStrong), severity_words(alert.severity),
                   Line(listener.socket.place()), program_words(listener), Line(user_words(listener)), seen,
                   has_decided ? Line(base::name_of(alert.state)) : Line()});
    for (const model::Reason& reason : alert.reasons)
      table.add_spanning_row({Line().pad_to(kReasonIndent), Line(reason.text, Style::kFaint)});
  }
  return table.render(view);
}

std::string render_alert_page(const View& view, const model::Alert& alert) {
  Page page(view);
  Line heading(fmt::format("alert #{}", alert.id.value), Style::kStrong);
  heading.add("  ").add(severity_words(alert.severity)).add("  ").add(state_words(alert));
  if (alert.listener)
    heading.add("  ").add(alert.listener->socket.place()).add("  ").add(program_words(*alert.listener));
  page.heading(heading);

  std::string_view label = "because";
  for (const model::Reason& reason : alert.reasons) {
    page.field(label, Line(reason.text));
    label = "";
  }
  if (alert.listener) {
    add_listener_fields(page, view, group_of(*alert.listener));
    page.field("reach", Line(base::name_of(alert.listener->exposure)));
  }
  page.field("seen", seen_words(view, alert));
  if (alert.state == model::AlertState::kOpen && alert.delivery == model::Delivery::kAfterLearning)
    page.field("told", Line("when learning ends, if it is still open then"));

  if (alert.state != model::AlertState::kApproved) {
    page.field("next",
               choice(fmt::format("alerts approve {}", alert.id.value), "it belongs here: no alert again"));
    if (alert.state != model::AlertState::kRejected)
      page.field("", choice(fmt::format("alerts reject {}", alert.id.value),
                            "it must not return: its return is high"));
    if (alert.state == model::AlertState::kOpen)
      page.field("", choice(fmt::format("alerts ack {}", alert.id.value),
                            "seen: it stays listed, its return is silent"));
  }
  return page.text();
}

std::string render_alert_change(const View& view, const model::Alert& alert) {
  Line line(fmt::format("#{} ", alert.id.value), Style::kStrong);
  line.add(base::name_of(alert.state));
  if (alert.listener)
    line.add(": ").add(program_words(*alert.listener)).add(" on ").add(alert.listener->socket.place());
  switch (alert.state) {
    case model::AlertState::kApproved: line.add(" is known from now on"); break;
    case model::AlertState::kRejected: line.add(" is high when it returns"); break;
    case model::AlertState::kAcknowledged: line.add(" stays unknown; its return is counted silently"); break;
    case model::AlertState::kOpen: line.add(" waits"); break;
  }
  return line.render(view);
}

Line render_alert_decision(const model::Alert& alert) {
  Line line(fmt::format("#{} ", alert.id.value), Style::kStrong);
  line.add("is ").add(base::name_of(alert.state)).add(" already");
  if (!alert.changed_by.empty()) line.add(", by ").add(alert.changed_by);
  if (alert.listener)
    line.add(": ")
        .add(program_words(*alert.listener))
        .add(" on ")
        .add(alert.listener->socket.endpoint.to_string());
  return line;
}

}  // namespace portwatch::cli
