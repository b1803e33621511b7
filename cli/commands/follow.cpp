// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/follow.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/render/event_table.h"
#include "common/json/codec.h"

namespace portwatch::cli {
namespace {

constexpr base::Micros kFirstPause = std::chrono::milliseconds(250);
constexpr base::Micros kLongestPause = std::chrono::seconds(2);

/// Waits until a daemon answers again. Nothing when nobody reads what we would print.
Daemon* wait_for_daemon(Session& session) {
  base::Micros pause = kFirstPause;
  while (session.is_heard()) {
    session.pause(pause);
    if (auto daemon = session.reconnect()) return *daemon;
    pause = std::min(pause * 2, kLongestPause);
  }
  return nullptr;
}

}  // namespace

void print_event(Session& session, const model::Event& event) {
  if (session.wants_json())
    session.print_json(json::encode(event));
  else
    session.print(render_event_line(session.view(), event));
}

void say_left_out(Session& session, std::uint64_t count) {
  if (count == 0) return;
  session.say(
      Line(fmt::format("{} of kinds that this portwatchctl does not know {} left out: portwatchd is newer.",
                       count == 1 ? "1 event" : fmt::format("{} events", count), count == 1 ? "was" : "were"),
           Style::kNotice));
}

ExitCode follow_events(Session& session, Daemon& first, EventsQuestion question,
                       const std::function<void(const model::Event&)>& show) {
  Daemon* daemon = &first;
  const Daemon::Follower follower{.on_event = show,
                                  .on_unknown_event = [&session] { say_left_out(session, 1); },
                                  .is_listening = [&session] { return session.is_heard(); }};
  while (true) {
    const auto ended = daemon->follow(question, follower);
    if (ended) return ExitCode::kDone;
    if (!daemon->is_lost()) {
      // A cursor of another history: the database is a new one.
      const bool is_foreign_cursor = ended.error().code == base::ErrorCode::kConflict && question.after;
      if (!is_foreign_cursor) return session.fail(ended.error());
      session.say(Line("portwatchd has a new history; going on from now.", Style::kNotice));
      question.after.reset();
      continue;
    }
    session.say(Line(ended.error().message).add("; waiting for portwatchd (Ctrl-C ends this)"));
    daemon = wait_for_daemon(session);
    if (daemon == nullptr) return ExitCode::kDone;
    session.say(Line("portwatchd is back.", Style::kFaint));
  }
}

}  // namespace portwatch::cli
