// SPDX-License-Identifier: Apache-2.0
// `history`: what opened and closed, a page at a time, and live with --follow.
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/client/page_trail.h"
#include "cli/commands/commands.h"
#include "cli/commands/follow.h"
#include "cli/commands/store_remark.h"
#include "cli/filters.h"
#include "cli/render/event_table.h"
#include "cli/session.h"
#include "common/base/text.h"
#include "common/json/codec.h"

namespace portwatch::cli {
namespace {

constexpr std::uint64_t kUsualLines = 100;
constexpr std::uint64_t kUsualLinesBeforeFollowing = 10;
/// So many events are aligned with each other; a longer history is drawn in parts of this size.
constexpr std::size_t kEventsAligned = 5000;

struct Reading {
  EventsQuestion question;
  std::optional<std::uint64_t> limit;  ///< unset: all
  bool is_turned_around = false;       ///< what is read from newest to oldest is shown from oldest to newest
};

/// Errors: kInvalidArgument.
base::Result<std::optional<std::uint64_t>> count_option(const Arguments& arguments, std::string_view name) {
  const auto text = arguments.value(name);
  if (!text) return std::optional<std::uint64_t>();
  const auto number = base::parse_u64(*text);
  if (!number || *number == 0)
    return base::fail(base::ErrorCode::kInvalidArgument,
                      fmt::format("{}: '{}' is not a number from 1", name, *text));
  return number;
}

/// What is to be read, and in which direction. Errors: kInvalidArgument.
base::Result<Reading> plan(const Session& session) {
  const Arguments& arguments = session.arguments();
  auto query = event_query(arguments, session.now(), session.zone());
  if (!query) return std::unexpected(query.error());
  const auto lines = count_option(arguments, "--lines");
  if (!lines) return std::unexpected(lines.error());
  const auto limit = count_option(arguments, "--limit");
  if (!limit) return std::unexpected(limit.error());
  if (*lines && *limit)
    return base::fail(base::ErrorCode::kInvalidArgument,
                      "-n takes the newest and --limit the first that match; give one of them");
  const bool is_following = arguments.has("--follow");
  if (is_following && (arguments.has("--until") || arguments.has("--reverse") || *limit))
    return base::fail(base::ErrorCode::kInvalidArgument,
                      "-f goes on for ever: it takes no -U, -r or --limit");

  const auto after = cursor_argument(arguments);
  if (!after) return std::unexpected(after.error());
  Reading reading{.question = {.query = std::move(*query), .after = *after}};
  const bool is_reversed = arguments.has("--reverse");
  const bool is_bounded = reading.question.query.since || reading.question.after || *limit;
  if (*lines)
    reading.limit = **lines;
  else if (*limit)
    reading.limit = **limit;
  else if (is_following && !is_bounded)
    reading.limit = kUsualLinesBeforeFollowing;
  else if (!is_bounded && !session.wants_json())
    reading.limit = kUsualLines;
  const bool is_newest_wanted = *lines || (!is_bounded && reading.limit);
  reading.question.query.newest_first = is_reversed || is_newest_wanted;
  reading.is_turned_around = is_newest_wanted && !is_reversed;
  if (is_newest_wanted && reading.question.after)
    return base::fail(base::ErrorCode::kInvalidArgument,
                      "-n and --after exclude each other; use --limit with --after");
  return reading;
}

/// Takes the events part by part. `on_events` returns whether more is wanted.
using OnEvents = std::function<bool(std::vector<model::Event> events)>;

/// Reads page after page; gives the cursor behind the last event when there is more. Says what had to be left
/// out.
base::Result<std::optional<protocol::Cursor>> read_pages(Session& session, Daemon& daemon, Reading reading,
                                                         const OnEvents& on_events) {
  std::uint64_t left = reading.limit.value_or(std::numeric_limits<std::uint64_t>::max());
  std::uint64_t left_out = 0;
  using protocol::Cursor;
  PageTrail<Cursor> trail(
      "history", reading.question.after,
      reading.question.query.newest_first
          ? [](const Cursor& next, const Cursor& after) { return next.seq < after.seq; }
          : [](const Cursor& next, const Cursor& after) { return next.seq > after.seq; });
  while (true) {
    reading.question.query.limit = static_cast<std::size_t>(std::min<std::uint64_t>(left, model::kMaxPage));
    auto answer = daemon.events(reading.question);
    if (!answer) return std::unexpected(answer.error());
    left -= std::min<std::uint64_t>(left, answer->events.size());
    left_out += answer->unknown;
    const bool is_wanted = on_events(std::move(answer->events));
    if (!answer->next || left == 0 || !is_wanted) {
      say_left_out(session, left_out);
      return answer->next;
    }
    PW_TRY(trail.go_on(answer->next, answer->events.size()));
    reading.question.after = trail.after();
  }
}

/// The same, but everything at once and in the order in which it is shown.
base::Result<std::vector<model::Event>> read_all(Session& session, Daemon& daemon, const Reading& reading) {
  std::vector<model::Event> events;
  const auto read = read_pages(session, daemon, reading, [&events](std::vector<model::Event> page) {
    std::ranges::move(page, std::back_inserter(events));
    return true;
  });
  if (!read) return std::unexpected(read.error());
  if (reading.is_turned_around) std::ranges::reverse(events);
  return events;
}

/// One JSON document, written as it comes, so that a long history needs no memory.
ExitCode print_json(Session& session, Daemon& daemon, const Reading& reading) {
  auto print_events = [&session, is_first = true](const std::vector<model::Event>& events) mutable {
    std::string text;
    for (const model::Event& event : events) {
      if (!is_first) text += ",";
      is_first = false;
      text += json::dump(json::encode(event));
    }
    session.print(text);
    return session.is_heard();
  };
  std::optional<protocol::Cursor> next;
  if (reading.is_turned_around) {
    const auto events = read_all(session, daemon, reading);
    if (!events) return session.fail(events.error());
    session.print(fmt::format("{{\"schema\":{},\"events\":[", kJsonSchema));
    print_events(*events);
  } else {
    bool is_begun = false;
    const auto read =
        read_pages(session, daemon, reading, [&](const std::vector<model::Event>& events) mutable {
          if (!is_begun) session.print(fmt::format("{{\"schema\":{},\"events\":[", kJsonSchema));
          is_begun = true;
          return print_events(events);
        });
    if (!read) return session.fail(read.error());
    next = *read;
  }
  session.print(fmt::format("],\"next\":{}}}\n", next ? json::dump(next->to_string()) : "null"));
  return ExitCode::kDone;
}

ExitCode print_table(Session& session, Daemon& daemon, const Reading& reading) {
  std::size_t shown = 0;
  std::vector<model::Event> waiting;
  const auto flush = [&] {
    session.print(render_event_table(session.view(), waiting, shown == 0));
    shown += waiting.size();
    waiting.clear();
  };
  if (reading.is_turned_around) {
    auto events = read_all(session, daemon, reading);
    if (!events) return session.fail(events.error());
    waiting = std::move(*events);
  } else {
    const auto read = read_pages(session, daemon, reading, [&](std::vector<model::Event> events) {
      std::ranges::move(events, std::back_inserter(waiting));
      if (waiting.size() >= kEventsAligned) flush();
      return session.is_heard();
    });
    if (!read) return session.fail(read.error());
  }
  flush();
  if (shown == 0) session.say(Line("Nothing is recorded that matches."));
  if (reading.is_turned_around && shown == kUsualLines && !session.arguments().has("--lines"))
    session.say(Line(fmt::format("The newest {}; -n 1000 shows more, -S 2d all of two days.", kUsualLines),
                     Style::kFaint));
  return ExitCode::kDone;
}

/// What is there, then what comes, without a hole or a repetition between.
ExitCode print_and_follow(Session& session, Daemon& daemon, const Reading& reading) {
  const auto status = daemon.status();
  if (!status) return session.fail(status.error());
  say_what_waits(session, *status);
  const auto events = read_all(session, daemon, reading);
  if (!events) return session.fail(events.error());
  base::Seq last{0};
  for (const model::Event& event : *events) {
    print_event(session, event);
    last = std::max(last, event.seq);
  }
  EventsQuestion question = reading.question;
  question.after = protocol::Cursor{.epoch = status->epoch, .seq = status->store.last_seq};
  return follow_events(session, daemon, std::move(question), [&](const model::Event& event) {
    if (event.seq > last) print_event(session, event);
  });
}

ExitCode run_history(Session& session) {
  const auto reading = plan(session);
  if (!reading) return session.misuse("history", reading.error());
  const auto daemon = session.daemon();
  if (!daemon) return daemon.error();
  if (session.arguments().has("--follow")) return print_and_follow(session, **daemon, *reading);
  const ExitCode exit = session.wants_json() ? print_json(session, **daemon, *reading)
                                             : print_table(session, **daemon, *reading);
  if (exit == ExitCode::kDone && session.is_heard()) say_what_waits(session, status_beside(**daemon));
  return exit;
}

}  // namespace

CommandSpec history_command() {
  return {
      .name = "history",
      .group = "Every day",
      .summary = "What opened and closed, when, and by whom?",
      .details =
          "Oldest first, the newest 100 unless you say otherwise; with --since everything since then. A "
          "service that came back is "
          "one line, \"restarted\", with its old and new pid. \"gap\" is a time when nobody watched; "
          "\"\u2264\" in front of a time "
          "says that it happened during one. Of an alert it says what became of it: \"raised\", \"told\" "
          "when "
          "learning ended, \"seen\" when it came back in silence, \"acked\", \"approved\" or "
          "\"rejected\".\n\n"
          "A time is written 12:30 (the last time it was that), today, yesterday, \"yesterday 14:05\", "
          "2026-11-21, 10m or 2h (that "
          "long ago), or in RFC 3339.\n\n"
          "With --json everything that matches is given, oldest first; with --limit so many, and \"next\" is "
          "what --after takes to "
          "go on (null: nothing is left now).",
      .arguments = {{"PORT", "events of this port alone", false}},
      .options = joined(
          joined({{"-S", "--since", "TIME", "from then on"},
                  {"-U", "--until", "TIME", "up to then"},
                  {"-n", "--lines", "N", "the newest N that match"},
                  {"-r", "--reverse", "", "newest first"},
                  {"-f", "--follow", "", "go on with what comes, like watch; begins with the newest 10"},
                  {"", "--limit", "N", "the first N that match, of any size"},
                  {"", "--after", "CURSOR", "begin behind this event: a \"next\", or the seq of an event"}},
                 event_options()),
          who_options()),
      .examples = {{"portwatchctl history 3000 -S yesterday", "who came and went on port 3000?"},
                   {"portwatchctl history --kind gap", "when did nobody watch?"},
                   {"portwatchctl history -f --user ana", "the newest, and what comes"},
                   {"portwatchctl history --json --limit 1000 --after CURSOR", "page by page, for a script"}},
      .run = run_history,
  };
}

}  // namespace portwatch::cli
