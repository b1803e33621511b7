// SPDX-License-Identifier: Apache-2.0
// Explains the others.
#include "cli/commands/commands.h"

#include <fmt/format.h>

#include "cli/render/help.h"
#include "cli/session.h"

namespace portwatch::cli {
namespace {

ExitCode run_help(Session& session) {
  const auto words = session.arguments().values("COMMAND");
  if (words.empty()) {
    session.print(render_overview(session.view()));
    return ExitCode::kDone;
  }
  const std::string name = fmt::format("{}", fmt::join(words, " "));
  const CommandSpec* command = find_command(name);
  if (command == nullptr)
    return session.misuse(
        "", {base::ErrorCode::kNotFound, fmt::format("there is no command '{}' to explain", name)});
  session.print(render_command_help(session.view(), *command));
  return ExitCode::kDone;
}

}  // namespace

CommandSpec help_command() {
  return {
      .name = "help",
      .group = "More",
      .summary = "What are the commands, and how is one used?",
      .details = "",
      .arguments = {{"COMMAND", "the command to explain: list, or alerts approve", false, true}},
      .examples = {{"portwatchctl help history", "the same as: portwatchctl history --help"}},
      .is_talking_to_daemon = false,
      .run = run_help,
  };
}

}  // namespace portwatch::cli
