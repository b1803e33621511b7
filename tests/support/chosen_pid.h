// SPDX-License-Identifier: Apache-2.0
#pragma once

// fork(2) with a pid of our choice, so that a pid is used again at once and not after a round of all of them.

#include <sys/types.h>

namespace portwatch::test {

/// As fork(2). The child has the pid `wanted` where we may choose (root, mostly) and it is free; else the
/// next one.
[[nodiscard]] pid_t fork_with_pid(pid_t wanted);

}  // namespace portwatch::test
