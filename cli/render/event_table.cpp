// SPDX-License-Identifier: Apache-2.0
#include "cli/render/event_table.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "cli/render/conflict_words.h"
#include "cli/render/table.h"
#include "cli/render/words.h"
#include "common/base/text.h"

namespace portwatch::cli {
namespace {

/// The words of a line behind its time. A line about a listener uses all; one about portwatch itself only
/// `what` and `text`.
struct EventWords {
  Line what;
  Line endpoint;
  Line text;  ///< the program, or what there is to say
  Line pid;
  Line user;
  Line remark;  ///< of an alert: how severe it is and why, or who decided what; of an end: why; of a
                ///< refusal: who has it
};

/// It counted up in silence, or its holder has a name by now: nobody decided anything.
bool was_seen_again(const model::Event& event, const model::Alert& alert) {
  return alert.last_seen_at >= event.time.at;
}

/// What became of an alert: the way in which it changed is not named in the event, but shows in what it is
/// now.
std::pair<std::string_view, Style> alert_verb(const model::Event& event, const model::Alert& alert) {
  if (event.kind == model::EventKind::kAlertRaised)
    return {"raised", alert.severity == model::Severity::kHigh ? Style::kAlarm : Style::kNotice};
  switch (alert.state) {
    case model::AlertState::kOpen: return {was_seen_again(event, alert) ? "seen" : "told", Style::kNotice};
    case model::AlertState::kAcknowledged:
      return {was_seen_again(event, alert) ? "seen" : "acked", Style::kPlain};
    case model::AlertState::kApproved: return {"approved", Style::kPlain};
    case model::AlertState::kRejected:
      return {was_seen_again(event, alert) ? "seen" : "rejected", Style::kPlain};
  }
  return {"alert", Style::kPlain};
}

Line what_words(const model::Event& event, bool is_restart) {
  switch (event.kind) {
    case model::EventKind::kOpened: return is_restart ? Line("restarted") : Line("opened", Style::kGood);
    case model::EventKind::kClosed: return Line("closed", Style::kFaint);
    case model::EventKind::kOwnerChanged: return Line("holders");
    case model::EventKind::kGap: return Line("gap", Style::kNotice);
    case model::EventKind::kSuspended: return Line("slept");
    case model::EventKind::kStarted: return Line("started");
    case model::EventKind::kStopped: return Line("stopped");
    case model::EventKind::kCoverageChanged: return Line("coverage");
    case model::EventKind::kPolicyChanged: return Line("policy");
    case model::EventKind::kBindConflict: return Line("refused", Style::kNotice);
    case model::EventKind::kAlertRaised:
    case model::EventKind::kAlertChanged: {
      const auto* detail = std::get_if<model::AlertDetail>(&event.detail);
      if (detail == nullptr) return Line("alert");
      const auto [verb, style] = alert_verb(event, detail->alert);
      return Line(fmt::format("{} #{}", verb, detail->alert.id.value), style);
    }
  }
  return Line(base::name_of(event.kind));
}

Line gap_words(const View& view, const model::GapDetail& gap) {
  return Line(fmt::format("nobody watched from {} to {} ({}): ", clock_words(view, gap.from),
                          clock_words(view, gap.to),
                          base::format_duration(std::chrono::floor<std::chrono::seconds>(gap.to - gap.from))))
      .add(gap.reason);
}

Line coverage_words(const model::Coverage& coverage) {
  Line line(coverage.denied_processes == 0
                ? std::string("every process can be looked into")
                : fmt::format("{} cannot be looked into",
                              count_words(coverage.denied_processes, "process", "processes")));
  for (const HoleWords& hole : hole_words(coverage))
    line.add(fmt::format("; not all of {}: ", hole.table)).add(hole.reason);
  return line;
}

Line policy_words(const View& view, const model::PolicyDetail& policy) {
  if (policy.added.empty() && policy.learning_until)
    return Line(fmt::format("learning until {}", clock_words(view, *policy.learning_until)));
  Line line;
  if (policy.added.size() == 1)
    line.add(policy.added.front().label).add(" belongs here, says ").add(policy.added.front().added_by);
  else
    line.add(fmt::format("{} known", count_words(policy.added.size(), "service is", "services are")));
  if (policy.learning_until)
    line.add(fmt::format("; learning until {}", clock_words(view, *policy.learning_until)));
  return line;
}

Line alert_change_words(const model::Event& event, const model::Alert& alert) {
  if (was_seen_again(event, alert))
    return Line(fmt::format("\u00d7{}, {}", alert.count, base::name_of(alert.state)));
  if (alert.state == model::AlertState::kOpen) return Line("learning has ended, and it is still open");
  return alert.changed_by.empty() ? Line(base::name_of(alert.state)) : Line("by ").add(alert.changed_by);
}

Line alert_raise_words(const model::Alert& alert) {
  Line line(severity_words(alert.severity));
  if (!alert.reasons.empty()) line.add(": ").add(alert.reasons.front().text);
  return line;
}

/// What an event that is about portwatch itself has to say.
Line own_words(const View& view, const model::Event& event) {
  if (const auto* gap = std::get_if<model::GapDetail>(&event.detail)) return gap_words(view, *gap);
  if (const auto* sleep = std::get_if<model::SuspendedDetail>(&event.detail))
    return Line(fmt::format("the machine was suspended for {}", base::format_duration(sleep->duration)));
  if (const auto* started = std::get_if<model::StartedDetail>(&event.detail))
    return Line(fmt::format("portwatchd {} watches with ", started->version)).add(started->sensor);
  if (const auto* coverage = std::get_if<model::CoverageDetail>(&event.detail))
    return coverage_words(coverage->coverage);
  if (const auto* policy = std::get_if<model::PolicyDetail>(&event.detail))
    return policy_words(view, *policy);
  if (event.kind == model::EventKind::kStopped) return Line("portwatchd stopped watching");
  return {};
}

Line holder_change_words(const model::OwnerChangedDetail& detail) {
  const auto pids = [](const std::vector<model::ProcessRef>& processes) {
    std::string text;
    for (const auto& process : processes)
      if (process) text += fmt::format("{}{}", text.empty() ? "" : ",", process->key.pid.value);
    return text;
  };
  const std::string added = pids(detail.added);
  const std::string removed = pids(detail.removed);
  if (added.empty()) return Line("-" + removed);
  if (removed.empty()) return Line("+" + added);
  return Line(removed + "\u2192" + added);
}

/// `closed`: the event of the period that a restart continues, when it is at hand.
EventWords words_of(const View& view, const model::Event& event, bool is_restart,
                    const model::Event* closed) {
  EventWords words{.what = what_words(event, is_restart)};
  const auto* alert = std::get_if<model::AlertDetail>(&event.detail);
  const model::Listener* listener = event.listener                   ? event.listener.get()
                                    : alert && alert->alert.listener ? alert->alert.listener.get()
                                                                     : nullptr;
  if (listener == nullptr) {
    words.text = own_words(view, event);
    return words;
  }
  words.endpoint = Line(listener->socket.place());
  words.text = program_words(*listener);
  words.pid = pid_words(listener->owners, listener->owners_left_out);
  words.user = Line(user_words(*listener));
  if (event.kind == model::EventKind::kAlertRaised && alert != nullptr)
    words.remark = alert_raise_words(alert->alert);
  if (event.kind == model::EventKind::kAlertChanged && alert != nullptr)
    words.remark = alert_change_words(event, alert->alert);
  if (const auto* conflict = std::get_if<model::ConflictDetail>(&event.detail))
    words.remark = conflict_words(view, *conflict);
  if (const auto* holders = std::get_if<model::OwnerChangedDetail>(&event.detail))
    words.pid = holder_change_words(*holders);
  if (closed != nullptr && closed->listener && !closed->listener->owners.empty() &&
      !listener->owners.empty()) {
    Line pid(fmt::format("{}\u2192", closed->listener->owners.front()->key.pid.value));
    words.pid = pid.add(words.pid);
  }
  if (event.kind == model::EventKind::kClosed) words.remark = Line(ending_words(*listener));
  if (closed != nullptr && closed->listener) {
    const std::string before = ending_words(*closed->listener);
    if (!before.empty()) words.remark = Line("before: ").add(before);
  }
  return words;
}

bool is_restart(const model::Event& event) {
  const auto* opened = std::get_if<model::OpenedDetail>(&event.detail);
  return opened != nullptr && (opened->replaces || opened->replaces_seq);
}

/// "12:33:11", with the date when it is another day than today, "≤" when it may have been earlier while
/// nobody watched.
std::string time_words(const View& view, const model::Event& event) {
  const bool is_late = event.time.precision == model::Precision::kGap && event.kind != model::EventKind::kGap;
  return (is_late ? "\u2264" : "") + clock_words(view, event.time.at);
}

/// The width of a column of a live line, where what comes next is not known.
constexpr std::size_t kLiveWhat = 12;
constexpr std::size_t kLiveEndpoint = 21;
constexpr std::size_t kLivePid = 7;

}  // namespace

std::string render_event_table(const View& view, std::span<const model::Event> events, bool has_headers) {
  if (events.empty()) return {};
  std::map<base::Seq, const model::Event*> closings;
  for (const model::Event& event : events)
    if (event.kind == model::EventKind::kClosed) closings.emplace(event.seq, &event);
  std::map<base::Seq, const model::Event*> closing_of;  // by the seq of the opening
  std::set<base::Seq> folded;
  for (const model::Event& event : events) {
    const auto* opened = std::get_if<model::OpenedDetail>(&event.detail);
    if (opened == nullptr || !opened->replaces_seq) continue;
    if (const auto closing = closings.find(*opened->replaces_seq); closing != closings.end()) {
      closing_of.emplace(event.seq, closing->second);
      folded.insert(closing->first);
    }
  }

  const auto header = [has_headers](std::string_view text) {
    return has_headers ? text : std::string_view();
  };
  Table table({{.header = header("TIME"), .is_right_aligned = true},
               {.header = header("WHAT")},
               {.header = header("ADDRESS"), .min_width = 21, .keeps_port = true},
               {.header = header("PROGRAM"), .min_width = 14},
               {.header = header("PID")},
               {.header = header("USER"), .min_width = 5},
               {.header = "", .is_remark = true}});
  for (const model::Event& event : events) {
    if (folded.contains(event.seq)) continue;
    const auto closing = closing_of.find(event.seq);
    EventWords words =
        words_of(view, event, is_restart(event), closing == closing_of.end() ? nullptr : closing->second);
    Line time(time_words(view, event), Style::kFaint);
    if (words.endpoint.empty())
      table.add_spanning_row({std::move(time), std::move(words.what), std::move(words.text)});
    else
      table.add_row({std::move(time), std::move(words.what), std::move(words.endpoint), std::move(words.text),
                     std::move(words.pid), std::move(words.user), std::move(words.remark)});
  }
  return table.render(view);
}

std::string render_event_line(const View& view, const model::Event& event) {
  const EventWords words = words_of(view, event, is_restart(event), nullptr);
  Line line(time_words(view, event), Style::kFaint);
  line.add("  ").add(words.what);
  const std::size_t start = base::display_width(time_words(view, event)) + 2;
  if (words.endpoint.empty()) return line.pad_to(start + kLiveWhat).add(" ").add(words.text).render(view);
  line.pad_to(start + kLiveWhat).add(" ").add(words.endpoint).pad_to(start + kLiveWhat + 1 + kLiveEndpoint);
  line.add("  ").add(words.pid).pad_to(start + kLiveWhat + 1 + kLiveEndpoint + 2 + kLivePid).add("  ");
  line.add(words.user).add("  ").add(words.text);
  if (!words.remark.empty()) line.add("  ").add(words.remark);
  return line.render(view);
}

}  // namespace portwatch::cli
