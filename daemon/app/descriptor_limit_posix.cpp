// SPDX-License-Identifier: Apache-2.0
// getrlimit(2): RLIMIT_NOFILE, the soft limit.

#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>

#include "daemon/app/descriptor_limit.h"

namespace portwatch::app {

base::Status check_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return base::fail_os("cannot ask how many files may be open", errno);
  if (limit.rlim_cur >= kLeastDescriptors) return {};
  return base::fail(
      base::ErrorCode::kResourceExhausted,
      fmt::format("only {} files may be open at once, and at least {} are needed; raise the limit "
                  "(ulimit -n, LimitNOFILE=)",
                  limit.rlim_cur, kLeastDescriptors));
}

}  // namespace portwatch::app
