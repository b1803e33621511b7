// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `list` shows: one line for each logical listener.

#include <span>
#include <string>

#include "cli/render/fold.h"
#include "cli/render/view.h"

namespace portwatch::cli {

/// One line for each group, with headers; empty for no groups.
[[nodiscard]] std::string render_listener_table(const View& view, std::span<const ListenerGroup> groups);

/// Each port once, as `show` takes it: "8080/tcp". One a line.
[[nodiscard]] std::string render_ports(std::span<const ListenerGroup> groups);

}  // namespace portwatch::cli
