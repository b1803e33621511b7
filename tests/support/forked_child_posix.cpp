// SPDX-License-Identifier: Apache-2.0
// fork(2), with a pipe by which the child says that it is ready.

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "common/base/assert.h"
#include "common/platform/descriptor.h"
#include "tests/support/forked_child.h"

namespace portwatch::test {

ForkedChild::ForkedChild(const std::function<void()>& work) {
  std::array<int, 2> ends{};
  PW_ASSERT(::pipe(ends.data()) == 0);
  platform::Descriptor read_end(ends[0]), write_end(ends[1]);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  PW_ASSERT(pid_ >= 0);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) std::_Exit(1);
    work();
    if (::write(write_end.get(), "x", 1) != 1) std::_Exit(1);
    for (;;) ::pause();
  }
  write_end.reset();
  char byte = 0;
  PW_ASSERT(::read(read_end.get(), &byte, 1) == 1);
}

void ForkedChild::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace portwatch::test
