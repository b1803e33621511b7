// SPDX-License-Identifier: Apache-2.0
#include "cli/render/status_page.h"

#include <numeric>

#include <fmt/format.h>

#include "cli/render/page.h"
#include "cli/render/words.h"

namespace portwatch::cli {
namespace {

template <class Key>
std::uint64_t total_of(const std::map<Key, std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& entry) { return sum + entry.second; });
}

/// A look that is this many intervals old means that nobody is looking.
constexpr int kLateAfterIntervals = 10;
constexpr base::Micros kLateAtLeast = std::chrono::seconds(15);

bool is_late(const View& view, const model::ScanStatus& scan) {
  if (!scan.last_at) return true;
  return view.now - *scan.last_at > std::max(scan.interval * kLateAfterIntervals, kLateAtLeast);
}

Line heading_of(const View& view, const model::Status& status) {
  if (status.scan.problem || is_late(view, status.scan))
    return Line("portwatch is NOT watching", Style::kAlarm)
        .add(": ")
        .add(status.scan.problem   ? std::string_view(*status.scan.problem)
             : status.scan.last_at ? std::string_view("the last look is too long ago")
                                   : std::string_view("no look has ended yet"));
  if (status.store.problem)
    return Line("portwatch is watching, but cannot write", Style::kAlarm)
        .add(": ")
        .add(*status.store.problem);
  return Line("portwatch is watching", Style::kGood);
}

Line look_words(const View& view, const model::ScanStatus& scan) {
  Line line(fmt::format("every {}", base::format_duration(scan.interval)));
  if (scan.last_at) {
    line.add(", last ").add(distance_words(view, *scan.last_at));
    if (scan.last_duration) line.add(fmt::format(" in {}", base::format_duration(*scan.last_duration)));
  }
  return line.add(fmt::format(", {} so far", number_words(scan.count)));
}

void add_sensor(Page& page, const View& view, const model::Status& status) {
  Line sensor(status.sensor.name, Style::kStrong);
  if (!status.sensor.summary.empty()) sensor.add(": ").add(status.sensor.summary);
  page.field("sensor", sensor);
  page.field("looks", look_words(view, status.scan));
  for (const model::SkippedSensor& skipped : status.sensor.skipped)
    page.field("skipped", Line(skipped.name).add(": ").add(skipped.reason));

  std::string_view label = "cannot see";
  const auto spot = [&page, &label](const Line& line) {
    page.field(label, line);
    label = "";
  };
  for (const std::string& blind : status.sensor.blind_spots) spot(Line(blind));
  // Most sensors say this themselves, with the reason.
  if (status.sensor.blind_spots.empty() && status.coverage.denied_processes > 0)
    spot(Line(fmt::format("into {}: their ports show, but not who holds them",
                          count_words(status.coverage.denied_processes, "process", "processes"))));
  for (const HoleWords& hole : hole_words(status.coverage))
    spot(Line(fmt::format("all of {}: ", hole.table), Style::kNotice).add(hole.reason));
}

Line listener_words(const model::Status& status) {
  Line line(number_words(total_of(status.listeners)), Style::kStrong);
  std::string_view separator = ": ";
  for (const auto& [exposure, count] : status.listeners) {
    if (count == 0) continue;
    line.add(separator).add(fmt::format("{} {}", number_words(count), base::name_of(exposure)));
    separator = ", ";
  }
  return line;
}

Line alert_words(const model::Status& status) {
  const std::uint64_t total = total_of(status.open_alerts);
  if (total == 0) return Line("none waits");
  Line line(count_words(total, "waits", "wait"), Style::kNotice);
  std::string_view separator = ": ";
  for (auto entry = status.open_alerts.rbegin(); entry != status.open_alerts.rend(); ++entry) {
    if (entry->second == 0) continue;
    line.add(separator).add(number_words(entry->second)).add(" ").add(severity_words(entry->first));
    separator = ", ";
  }
  return line.add("  (portwatchctl alerts)", Style::kFaint);
}

}  // namespace

std::string render_status_page(const View& view, const model::Status& status, const SocketInUse& socket) {
  Page page(view);
  page.heading(heading_of(view, status));
  page.field("daemon", Line(fmt::format("portwatchd {}, pid {}, runs as ", status.version, status.pid.value))
                           .add(status.user.empty() ? fmt::format("#{}", status.uid.value) : status.user)
                           .add(fmt::format(", {} profile", base::name_of(status.profile))));
  page.field("since", Line(clock_words(view, status.started_at))
                          .add(fmt::format(" ({})", distance_words(view, status.started_at)), Style::kFaint));
  page.field("socket",
             Line(path_words(view, socket.path)).add(fmt::format(" ({})", socket.why), Style::kFaint));
  add_sensor(page, view, status);
  page.field("listeners", listener_words(status));
  page.field("alerts", alert_words(status));
  if (status.alerts_not_raised > 0)
    page.field("", Line(fmt::format("{} were not raised: too many of the same user wait",
                                    number_words(status.alerts_not_raised)),
                        Style::kNotice));
  if (status.learning_until)
    page.field("learning", Line("until ")
                               .add(clock_words(view, *status.learning_until))
                               .add(fmt::format(" ({})", distance_words(view, *status.learning_until)))
                               .add(": what is merely new is listed, but interrupts nobody"));
  page.field(
      "store",
      Line(path_words(view, status.store.path))
          .add(fmt::format(
              ", {}, {}", size_words(status.store.size_bytes),
              count_words(static_cast<std::uint64_t>(std::max<std::int64_t>(status.store.last_seq.value, 0)),
                          "event", "events")))
          .add(status.store.pending_events > 0
                   ? fmt::format(", {} not yet written", number_words(status.store.pending_events))
                   : std::string()));
  return page.text();
}

}  // namespace portwatch::cli
