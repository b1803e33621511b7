// SPDX-License-Identifier: Apache-2.0
// clone3(2) with set_tid, since Linux 5.5; it takes CAP_CHECKPOINT_RESTORE in the pid namespace's owner.

#include "tests/support/chosen_pid.h"

#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace portwatch::test {

pid_t fork_with_pid(pid_t wanted) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<std::uintptr_t>(&wanted);
  arguments.set_tid_size = 1;
  const long made = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  return made >= 0 ? static_cast<pid_t>(made) : ::fork();
}

}  // namespace portwatch::test
