// SPDX-License-Identifier: Apache-2.0
#pragma once

// --help, made from the descriptions of the commands.

#include <string>

#include "cli/command.h"
#include "cli/render/view.h"

namespace portwatch::cli {

/// All commands in their groups, how to begin, exit codes.
[[nodiscard]] std::string render_overview(const View& view);

/// One command: what it answers, its options, examples, exit codes.
[[nodiscard]] std::string render_command_help(const View& view, const CommandSpec& command);

}  // namespace portwatch::cli
