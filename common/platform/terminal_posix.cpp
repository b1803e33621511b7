// SPDX-License-Identifier: Apache-2.0
// isatty(3) and the TIOCGWINSZ of tty_ioctl(4).

#include <sys/ioctl.h>
#include <unistd.h>

#include "common/platform/terminal.h"

namespace portwatch::platform {

TerminalFacts terminal_facts(int fd) {
  TerminalFacts facts;
  facts.is_terminal = isatty(fd) == 1;
  winsize size{};
  if (facts.is_terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) facts.columns = size.ws_col;
  return facts;
}

}  // namespace portwatch::platform
