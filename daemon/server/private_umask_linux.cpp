// SPDX-License-Identifier: Apache-2.0
// On Linux the umask belongs to the "filesystem information" that threads share unless one asks for its own
// (unshare(2), CLONE_FS; it needs no right). So the job runs on a thread that has one of its own.
#include <sched.h>
#include <sys/stat.h>

#include <thread>

#include "common/base/assert.h"
#include "daemon/server/private_umask.h"

namespace portwatch::server {

void run_with_umask(unsigned mask, const std::function<void()>& job) {
  std::thread([&] {
    PW_ASSERT(::unshare(CLONE_FS) == 0);
    ::umask(mask);
    job();
  }).join();
}

}  // namespace portwatch::server
