// SPDX-License-Identifier: Apache-2.0
#pragma once

// Short words for model values, the same in every table. What is not known gets a word that says why, never a
// blank.

#include <string>
#include <vector>

#include "cli/render/line.h"
#include "cli/render/view.h"
#include "common/model/alert.h"
#include "common/model/coverage.h"
#include "common/model/event_time.h"
#include "common/model/listener.h"

namespace portwatch::cli {

/// "python3 -m http.server", or why nobody can be named: "(not visible)".
[[nodiscard]] Line program_words(const model::Listener& listener);

/// Whether program_words() names a program.
[[nodiscard]] bool has_name(const model::Listener& listener);

/// Why a listener's program or holder is not known: "a process that portwatch may not look into".
[[nodiscard]] std::string attribution_sentence(model::Attribution attribution);

/// "9587", "9587 +3", "-"
[[nodiscard]] Line pid_words(const std::vector<model::ProcessRef>& owners, std::uint64_t left_out);

/// Why it closed: "killed by SIGKILL", "exited with status 1", "closed it"; with the pid in front where the
/// holder at hand is not the one who did it. Empty: nobody knows, or it listens.
[[nodiscard]] std::string ending_words(const model::Listener& listener);
/// The same, whoever did it.
[[nodiscard]] std::string cause_words(const model::Ending& ending);

/// Who logged in where the process comes from: "ana from 192.0.2.7 on pts/3". Empty: nobody did, as far as it
/// is known, or there is no more to say than that it was the user.
[[nodiscard]] std::string login_words(const model::Process& process);

/// The owner's user, else the user who made the socket.
[[nodiscard]] std::string user_words(const model::Listener& listener);
/// "ana", "#1000" or "unknown user"
[[nodiscard]] std::string user_of(const model::Process& process);

/// `is_rejected`: a person rejected it, which says more than that it is unknown.
[[nodiscard]] Line verdict_words(model::Verdict verdict, bool is_rejected = false);
[[nodiscard]] Line severity_words(model::Severity severity);

/// For a narrow column: "12:33" today, "Nov 21" this year, else "2025"; "≤" in front when it may have been
/// earlier while nobody watched.
[[nodiscard]] std::string since_words(const View& view, const model::EventTime& time);

/// "12:33:11" today, "Nov 21 12:33:11" this year, else "2025-11-21 12:33:11".
[[nodiscard]] std::string clock_words(const View& view, base::UtcTime time);
/// "2026-11-21 12:33:11", and "….381204" where it is between two seconds
[[nodiscard]] std::string full_time_words(const View& view, base::UtcTime time);
/// "12:33:11.381204 (exact)", "12:33:11 (±1 s)", "between 12:31:02 and 12:33:11 (nobody watched)"
[[nodiscard]] std::string precise_words(const View& view, const model::EventTime& time);
/// "3 min ago", "in 4 h 10 min", "now"
[[nodiscard]] std::string distance_words(const View& view, base::UtcTime time);

/// "1 listener", "2 listeners", "1,204 listeners"
[[nodiscard]] std::string count_words(std::uint64_t count, std::string_view one, std::string_view many);
/// "12,345"
[[nodiscard]] std::string number_words(std::uint64_t number);
/// "512 B", "1.2 MiB"
[[nodiscard]] std::string size_words(std::uint64_t bytes);

/// A path with the person's home folder as "~".
[[nodiscard]] std::string path_words(const View& view, std::string_view path);
/// A command line as a shell would take it: words that need quotes have them.
[[nodiscard]] std::string command_words(const model::Process& process);

/// Whether a person has said of it that it must not listen, also when it is back.
[[nodiscard]] bool is_rejection(const model::Alert& alert);

/// A table that was not seen whole, and why; once for all networks where it is the same: "tcp ipv4", "tcp
/// ipv4 of 12 networks", "tcp ipv4 of other networks".
struct HoleWords {
  std::string table;
  std::string reason;
};
[[nodiscard]] std::vector<HoleWords> hole_words(const model::Coverage& coverage);

}  // namespace portwatch::cli
