// SPDX-License-Identifier: Apache-2.0
// Only a console has a mode (GetConsoleMode): a pipe and a file do not, nor does NUL, which isatty() would
// take for a terminal. The columns are those of the window; the buffer behind it may be wider.
#include <windows.h>

#include <io.h>

#include <cstdint>

#include "common/platform/terminal.h"

namespace portwatch::platform {

TerminalFacts terminal_facts(int fd) {
  // A descriptor that is not open makes the C library call its handler, which ends the process: only the
  // three standard ones are asked for, and those are open or known not to be (-2).
  TerminalFacts facts;
  if (fd < 0 || fd > 2) return facts;
  const std::intptr_t raw = ::_get_osfhandle(fd);
  if (raw == -1 || raw == -2) return facts;
  auto* const handle = reinterpret_cast<HANDLE>(raw);
  DWORD mode = 0;
  facts.is_terminal = ::GetConsoleMode(handle, &mode) != 0;
  CONSOLE_SCREEN_BUFFER_INFO info{};
  if (facts.is_terminal && ::GetConsoleScreenBufferInfo(handle, &info) != 0 &&
      info.srWindow.Right >= info.srWindow.Left)
    facts.columns = static_cast<std::size_t>(info.srWindow.Right - info.srWindow.Left + 1);
  return facts;
}

}  // namespace portwatch::platform
