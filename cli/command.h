// SPDX-License-Identifier: Apache-2.0
#pragma once

// A command as data: what it is called, what it takes, what it answers. Parsing, --help and the man page's
// test all read this one description.

#include <string_view>
#include <vector>

#include "cli/exit_code.h"

namespace portwatch::cli {

class Session;

struct OptionSpec {
  std::string_view short_name;  ///< "-S"; empty: none
  std::string_view long_name;   ///< "--since"
  std::string_view value;       ///< "TIME"; empty: a switch
  std::string_view help;
  bool is_repeatable = false;

  [[nodiscard]] bool is_switch() const { return value.empty(); }
};

struct ArgumentSpec {
  std::string_view name;  ///< "PORT"
  std::string_view help;
  bool is_required = false;
  bool is_repeatable = false;
};

struct Example {
  std::string_view command;
  std::string_view meaning;
};

/// Of everything that --json prints: rises when a reader of the old one would misread it.
inline constexpr int kJsonSchema = 1;

struct ExitNote {
  ExitCode code;
  std::string_view meaning;
};

struct CommandSpec {
  std::string_view name;     ///< "show", "alerts approve"
  std::string_view group;    ///< heading in the list of commands
  std::string_view summary;  ///< one line: the question that it answers
  std::string_view details;  ///< paragraphs for --help, separated by a blank line; empty: none
  std::vector<ArgumentSpec> arguments = {};
  std::vector<OptionSpec> options = {};
  std::vector<Example> examples = {};
  std::vector<ExitNote> exit_notes = {};  ///< where they say more than common_exit_notes()
  bool is_talking_to_daemon = true;       ///< takes the common options --socket and --json
  ExitCode (*run)(Session& session) = nullptr;
};

/// All commands, in the order of --help. A name of two words belongs to the command of its first word.
[[nodiscard]] const std::vector<CommandSpec>& all_commands();
/// Nothing when there is none of that name.
[[nodiscard]] const CommandSpec* find_command(std::string_view name);

/// Taken by every command: --socket, --json (those that talk to the daemon), --color, --help.
[[nodiscard]] const std::vector<OptionSpec>& common_options();
/// Of a command: its own, then the common ones that it takes.
[[nodiscard]] std::vector<OptionSpec> options_of(const CommandSpec& command);

[[nodiscard]] const std::vector<ExitNote>& common_exit_notes();

}  // namespace portwatch::cli
