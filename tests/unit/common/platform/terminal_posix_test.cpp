// SPDX-License-Identifier: Apache-2.0
// A terminal of the test's own (pty(7)), a pipe, and nothing at all.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>

#include "common/platform/descriptor.h"
#include "common/platform/terminal.h"

namespace portwatch::platform {
namespace {

TEST(Terminal, SaysHowWideItIs) {
  const Descriptor leader(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(leader.is_valid());
  ASSERT_EQ(::grantpt(leader.get()), 0);
  ASSERT_EQ(::unlockpt(leader.get()), 0);
  const Descriptor terminal(::open(::ptsname(leader.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(terminal.is_valid());
  winsize size{};
  size.ws_row = 30;
  size.ws_col = 97;
  ASSERT_EQ(::ioctl(terminal.get(), TIOCSWINSZ, &size), 0);
  EXPECT_TRUE(terminal_facts(terminal.get()).is_terminal);
  EXPECT_EQ(terminal_facts(terminal.get()).columns, 97U);

  size.ws_col = 0;
  ASSERT_EQ(::ioctl(terminal.get(), TIOCSWINSZ, &size), 0);
  EXPECT_TRUE(terminal_facts(terminal.get()).is_terminal);
  EXPECT_FALSE(terminal_facts(terminal.get()).columns.has_value()) << "a terminal that does not say";
}

TEST(Terminal, IsNoPipeAndNothingClosed) {
  std::array<int, 2> fds{};
  ASSERT_EQ(::pipe(fds.data()), 0);
  const Descriptor read_end(fds[0]);
  const Descriptor write_end(fds[1]);
  EXPECT_FALSE(terminal_facts(write_end.get()).is_terminal);
  EXPECT_FALSE(terminal_facts(write_end.get()).columns.has_value());
  EXPECT_FALSE(terminal_facts(-1).is_terminal);
}

}  // namespace
}  // namespace portwatch::platform
