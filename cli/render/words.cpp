// SPDX-License-Identifier: Apache-2.0
#include "cli/render/words.h"

#include <map>
#include <tuple>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "common/model/has_reason.h"

namespace portwatch::cli {

bool has_name(const model::Listener& listener) {
  return !listener.program.label.empty() && listener.program.kind != model::ProgramKind::kUnattributed;
}

Line program_words(const model::Listener& listener) {
  if (has_name(listener)) return Line(listener.program.label);
  switch (listener.attribution) {
    case model::Attribution::kExact:
    case model::Attribution::kShared: return Line("(not told)", Style::kFaint);
    case model::Attribution::kExited: return Line("(has exited)", Style::kFaint);
    case model::Attribution::kDenied: return Line("(not visible)", Style::kFaint);
    case model::Attribution::kKernel: return Line("(kernel)", Style::kFaint);
    case model::Attribution::kOtherNamespace: return Line("(other namespace)", Style::kFaint);
  }
  return Line("(not told)", Style::kFaint);
}

std::string attribution_sentence(model::Attribution attribution) {
  switch (attribution) {
    case model::Attribution::kExact: return "one process";
    case model::Attribution::kShared: return "several processes";
    case model::Attribution::kExited: return "a process that ended while portwatch looked at it";
    case model::Attribution::kDenied: return "a process that portwatchd may not look into";
    case model::Attribution::kKernel:
      return "the kernel itself, or a descriptor on its way between two processes";
    case model::Attribution::kOtherNamespace:
      return "a process outside of the pid namespace that portwatchd lives in";
  }
  return "nobody knows";
}

Line pid_words(const std::vector<model::ProcessRef>& owners, std::uint64_t left_out) {
  if (owners.empty()) return Line("-", Style::kFaint);
  Line line(fmt::format("{}", owners.front()->key.pid.value));
  if (owners.size() + left_out > 1) line.add(fmt::format(" +{}", owners.size() - 1 + left_out));
  return line;
}

std::string cause_words(const model::Ending& ending) {
  switch (ending.cause) {
    case model::EndCause::kUnknown: break;
    case model::EndCause::kClosed: return "closed it";
    case model::EndCause::kExited: return fmt::format("exited with status {}", ending.exit_status);
    case model::EndCause::kKilled:
      return fmt::format("killed by {}{}", ending.signal.empty() ? "a signal" : ending.signal,
                         ending.has_core ? " (core dumped)" : "");
    case model::EndCause::kEnded: return "ended";
  }
  return {};
}

std::string ending_words(const model::Listener& listener) {
  std::string cause = cause_words(listener.ending);
  if (cause.empty() || !listener.closed) return {};
  const auto& pid = listener.ending.pid;
  const bool is_the_only_one =
      listener.owners.size() == 1 && listener.owners_left_out == 0 && listener.owners.front()->key.pid == pid;
  return pid && !is_the_only_one ? fmt::format("pid {} {}", pid->value, cause) : cause;
}

std::string login_words(const model::Process& process) {
  const model::Login& login = process.login;
  if (!login.uid && login.peer.empty()) return {};
  const bool is_the_user = login.uid == process.uid;
  if (is_the_user && login.peer.empty() && login.terminal.empty()) return {};
  std::string words = login.user  ? *login.user
                      : login.uid ? fmt::format("#{}", login.uid->value)
                                  : std::string("somebody");
  if (!login.peer.empty()) words += " from " + login.peer;
  if (!login.terminal.empty()) words += " on " + login.terminal;
  return words;
}

std::string user_of(const model::Process& process) {
  if (process.user) return *process.user;
  return process.uid ? fmt::format("#{}", process.uid->value) : std::string("unknown user");
}

std::string user_words(const model::Listener& listener) {
  for (const auto& owner : listener.owners)
    if (owner && (owner->user || owner->uid)) return user_of(*owner);
  if (!listener.service.user.empty()) return listener.service.user;
  return fmt::format("#{}", listener.socket.uid.value);
}

Line verdict_words(model::Verdict verdict, bool is_rejected) {
  if (is_rejected && verdict == model::Verdict::kUnknown)
    return Line(base::name_of(model::AlertState::kRejected), Style::kAlarm);
  const std::string_view name = base::name_of(verdict);
  switch (verdict) {
    case model::Verdict::kUnknown: return Line(name, Style::kNotice);
    case model::Verdict::kKnown:
    case model::Verdict::kAllowed:
    case model::Verdict::kReserved: return Line(name, Style::kGood);
    case model::Verdict::kIgnored: return Line(name, Style::kFaint);
  }
  return Line(name);
}

Line severity_words(model::Severity severity) {
  const std::string_view name = base::name_of(severity);
  switch (severity) {
    case model::Severity::kHigh: return Line(name, Style::kAlarm);
    case model::Severity::kMedium: return Line(name, Style::kNotice);
    case model::Severity::kLow: return Line(name);
    case model::Severity::kInfo: return Line(name, Style::kFaint);
  }
  return Line(name);
}

namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Parts {
  int year;
  unsigned month;
  unsigned day;
  std::int64_t hour;
  std::int64_t minute;
  std::int64_t second;
  std::int64_t micro;
};

Parts parts_of(const View& view, base::UtcTime time) {
  const WallTime wall = to_wall(view.zone, time);
  const auto date = wall.date();
  const std::int64_t micros = wall.time_of_day().count();
  const std::int64_t seconds = micros / 1'000'000;
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          seconds / 3600,
          seconds / 60 % 60,
          seconds % 60,
          micros % 1'000'000};
}

bool is_same_day(const Parts& a, const Parts& b) {
  return a.year == b.year && a.month == b.month && a.day == b.day;
}

std::string_view month_name(const Parts& parts) {
  return kMonths[(parts.month - 1) % kMonths.size()];
}

std::string date_prefix(const View& view, const Parts& parts) {
  const Parts now = parts_of(view, view.now);
  if (is_same_day(parts, now)) return {};
  if (parts.year == now.year) return fmt::format("{} {:2} ", month_name(parts), parts.day);
  return fmt::format("{:04}-{:02}-{:02} ", parts.year, parts.month, parts.day);
}

}  // namespace

std::string since_words(const View& view, const model::EventTime& time) {
  const Parts parts = parts_of(view, time.at);
  const Parts now = parts_of(view, view.now);
  std::string words = time.precision == model::Precision::kGap ? "\u2264" : "";
  if (is_same_day(parts, now)) return words + fmt::format("{:02}:{:02}", parts.hour, parts.minute);
  if (parts.year == now.year) return words + fmt::format("{} {}", month_name(parts), parts.day);
  return words + fmt::format("{:04}", parts.year);
}

std::string clock_words(const View& view, base::UtcTime time) {
  const Parts parts = parts_of(view, time);
  return date_prefix(view, parts) + fmt::format("{:02}:{:02}:{:02}", parts.hour, parts.minute, parts.second);
}

std::string full_time_words(const View& view, base::UtcTime time) {
  const Parts parts = parts_of(view, time);
  const std::string fraction = parts.micro != 0 ? fmt::format(".{:06}", parts.micro) : std::string();
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}", parts.year, parts.month, parts.day, parts.hour,
                     parts.minute, parts.second, fraction);
}

std::string precise_words(const View& view, const model::EventTime& time) {
  const Parts parts = parts_of(view, time.at);
  switch (time.precision) {
    case model::Precision::kExact:
      return fmt::format("{}.{:06} (exact)", clock_words(view, time.at), parts.micro);
    case model::Precision::kPoll:
      return time.earliest ? fmt::format("{} (within {})", clock_words(view, time.at),
                                         base::format_duration(time.at - *time.earliest))
                           : fmt::format("{} (between two looks)", clock_words(view, time.at));
    case model::Precision::kGap:
      return time.earliest ? fmt::format("between {} and {} (nobody watched then)",
                                         clock_words(view, *time.earliest), clock_words(view, time.at))
                           : fmt::format("before {} (nobody watched then)", clock_words(view, time.at));
  }
  return clock_words(view, time.at);
}

std::string distance_words(const View& view, base::UtcTime time) {
  const base::Micros distance = view.now - time;
  const auto seconds =
      std::chrono::floor<std::chrono::seconds>(distance < base::Micros{} ? -distance : distance);
  if (seconds.count() == 0) return "now";
  const std::string words = base::format_duration(seconds);
  return distance > base::Micros{} ? fmt::format("{} ago", words) : fmt::format("in {}", words);
}

std::string number_words(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, 1, ',');
  }
  return digits;
}

std::string count_words(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number_words(count), count == 1 ? one : many);
}

std::string size_words(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (size >= 1024.0 && unit + 1 < kUnits.size()) {
    size /= 1024.0;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", size, kUnits[unit]);
}

std::string path_words(const View& view, std::string_view path) {
  const std::string_view home = view.home;
  if (home.size() > 1 && path.starts_with(home) && (path.size() == home.size() || path[home.size()] == '/'))
    return fmt::format("~{}", path.substr(home.size()));
  return std::string(path);
}

std::string command_words(const model::Process& process) {
  constexpr std::string_view kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_^~";
  std::string words;
  for (const std::string& word : process.argv) {
    if (!words.empty()) words += ' ';
    if (!word.empty() && word.find_first_not_of(kSafe) == std::string::npos) {
      words += word;
      continue;
    }
    words += '\'';
    for (const char letter : word) words += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    words += '\'';
  }
  if (process.is_argv_truncated) words += " \u2026";
  return words;
}

bool is_rejection(const model::Alert& alert) {
  return alert.state == model::AlertState::kRejected ||
         model::has_reason(alert.reasons, model::ReasonCode::kRejectedReturned);
}

std::vector<HoleWords> hole_words(const model::Coverage& coverage) {
  std::map<std::tuple<net::Protocol, net::Family, std::string, bool>, std::uint64_t> networks;
  for (const model::Hole& hole : coverage.holes)
    ++networks[{hole.table.protocol, hole.table.family, hole.reason, hole.table.netns == base::Netns{}}];
  std::vector<HoleWords> words;
  for (const auto& [what, count] : networks) {
    const auto& [protocol, family, reason, is_of_others] = what;
    words.push_back({fmt::format("{} {}", base::name_of(protocol), base::name_of(family)), reason});
    if (is_of_others) words.back().table += " of other networks";
    if (count > 1) words.back().table += fmt::format(" of {} networks", number_words(count));
  }
  return words;
}

}  // namespace portwatch::cli
