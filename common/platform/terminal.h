// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a descriptor that people read from can do.

#include <cstddef>
#include <optional>

namespace portwatch::platform {

struct TerminalFacts {
  bool is_terminal = false;
  std::optional<std::size_t> columns;  ///< unset: no terminal, or one that does not say
};

/// isatty(3) and TIOCGWINSZ of ioctl_tty(2). A descriptor that is not open is no terminal.
[[nodiscard]] TerminalFacts terminal_facts(int fd);

}  // namespace portwatch::platform
