// SPDX-License-Identifier: Apache-2.0
#pragma once

// The commands, each described and done in a file of its own.

#include "cli/command.h"

namespace portwatch::cli {

[[nodiscard]] CommandSpec status_command();
[[nodiscard]] CommandSpec list_command();
[[nodiscard]] CommandSpec show_command();
[[nodiscard]] CommandSpec history_command();
[[nodiscard]] CommandSpec watch_command();
[[nodiscard]] CommandSpec alerts_command();
[[nodiscard]] CommandSpec alerts_list_command();
[[nodiscard]] CommandSpec alerts_show_command();
[[nodiscard]] CommandSpec alerts_approve_command();
[[nodiscard]] CommandSpec alerts_reject_command();
[[nodiscard]] CommandSpec alerts_ack_command();
[[nodiscard]] CommandSpec help_command();

}  // namespace portwatch::cli
