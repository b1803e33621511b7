// SPDX-License-Identifier: Apache-2.0
#include "cli/run.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/render/help.h"
#include "cli/session.h"
#include "common/base/version.h"

namespace portwatch::cli {
namespace {

/// Errors: kInvalidArgument for another word than auto, always and never.
base::Result<bool> wants_color(const Io& io, const Arguments& arguments,
                               const platform::TerminalFacts& terminal) {
  const std::string when = arguments.value("--color").value_or("auto");
  if (when == "always") return true;
  if (when == "never") return false;
  if (when != "auto")
    return base::fail(base::ErrorCode::kInvalidArgument,
                      fmt::format("--color: '{}' is none of auto, always, never", when));
  // no-color.org: set and not empty.
  const bool is_unwanted = !io.environment("NO_COLOR").value_or("").empty();
  return terminal.is_terminal && !is_unwanted && io.environment("TERM") != "dumb";
}

void say_plainly(Io& io, std::string_view text) {
  io.err.print(Line("portwatchctl: ").add(text).painted(View{}) + "\n");
}

std::string version_text() {
  return fmt::format("portwatchctl {}\n", base::kVersion);
}

bool is_word(const std::vector<std::string>& words, std::string_view short_name, std::string_view long_name) {
  return words.size() == 1 && (words.front() == short_name || words.front() == long_name);
}

ExitCode run_command(const CommandSpec& command, const std::vector<std::string>& words, Io& io) {
  auto arguments = parse_arguments(command, words);
  const auto color_on_out = arguments ? wants_color(io, *arguments, io.out_terminal) : false;
  const auto color_on_err = arguments ? wants_color(io, *arguments, io.err_terminal) : false;
  const bool is_colored = color_on_out.value_or(false);
  Session session(io, arguments ? std::move(*arguments) : Arguments(), is_colored,
                  color_on_err.value_or(false));
  if (!arguments) return session.misuse(command.name, arguments.error());
  if (!color_on_out) return session.misuse(command.name, color_on_out.error());
  if (session.arguments().has("--version")) {
    session.print(version_text());
    return ExitCode::kDone;
  }
  if (session.arguments().has("--help")) {
    session.print(render_command_help(session.view(), command));
    return ExitCode::kDone;
  }
  return command.run(session);
}

/// A reader that has gone is a normal end; anything else that stops us from answering is a failure.
ExitCode after_printing(Io& io, ExitCode exit) {
  if (io.out.state() != Output::State::kFailed) return exit;
  say_plainly(io, "cannot write the answer: " + io.out.problem());
  return ExitCode::kFailed;
}

}  // namespace

ExitCode run(const std::vector<std::string>& words, Io& io) {
  if (is_word(words, "-h", "--help")) return after_printing(io, run_command(*find_command("help"), {}, io));
  if (is_word(words, "-V", "--version")) {
    io.out.print(version_text());
    return after_printing(io, ExitCode::kDone);
  }
  const auto invocation = find_invocation(words);
  if (!invocation) {
    say_plainly(io, invocation.error().message);
    io.err.print("  All commands: portwatchctl --help\n");
    return ExitCode::kUsage;
  }
  return after_printing(io, run_command(*find_command(invocation->command), invocation->words, io));
}

}  // namespace portwatch::cli
