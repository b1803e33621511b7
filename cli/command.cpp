// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <algorithm>

#include "cli/commands/commands.h"

namespace portwatch::cli {

const std::vector<CommandSpec>& all_commands() {
  static const std::vector<CommandSpec> kCommands{
      status_command(),         list_command(),          show_command(),        history_command(),
      watch_command(),          alerts_command(),        alerts_list_command(), alerts_show_command(),
      alerts_approve_command(), alerts_reject_command(), alerts_ack_command(),  help_command(),
  };
  return kCommands;
}

const CommandSpec* find_command(std::string_view name) {
  const auto found = std::ranges::find(all_commands(), name, &CommandSpec::name);
  return found == all_commands().end() ? nullptr : &*found;
}

const std::vector<OptionSpec>& common_options() {
  static const std::vector<OptionSpec> kOptions{
      {"", "--json", "", "machine-readable answer, with a versioned schema"},
      {"", "--socket", "PATH", "ask the daemon at this socket and no other"},
      {"", "--color", "WHEN", "auto (on a terminal; the default), always or never"},
      {"-h", "--help", "", "explain the command"},
      {"-V", "--version", "", "which version this is"},
  };
  return kOptions;
}

std::vector<OptionSpec> options_of(const CommandSpec& command) {
  std::vector<OptionSpec> options = command.options;
  for (const OptionSpec& option : common_options())
    if (command.is_talking_to_daemon || option.long_name == "--color" || option.long_name == "--help" ||
        option.long_name == "--version")
      options.push_back(option);
  return options;
}

const std::vector<ExitNote>& common_exit_notes() {
  static const std::vector<ExitNote> kNotes{
      {ExitCode::kDone, "done, also when the answer is empty"},
      {ExitCode::kNo, "a question was answered no, as by show for a free port"},
      {ExitCode::kUsage, "the command line is wrong"},
      {ExitCode::kNoDaemon, "no daemon answers"},
      {ExitCode::kDenied, "you may not do this"},
      {ExitCode::kFailed, "something else failed; stderr says what"},
  };
  return kNotes;
}

}  // namespace portwatch::cli
