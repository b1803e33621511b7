// SPDX-License-Identifier: Apache-2.0
#pragma once

// Root becomes somebody else for these tests. An ordinary user cannot: then everybody is the one user that
// there is, and that user is the daemon's.

#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "common/base/assert.h"
#include "tests/support/daemon_harness.h"

namespace portwatch::test {

/// Users that no machine needs to know.
inline constexpr unsigned kAna = 47'110;
inline constexpr unsigned kBob = 47'111;
/// User and group "daemon" of every Unix: whoever runs as it is in that group.
inline constexpr unsigned kInGroup = 1;
inline constexpr const char* kGroup = "daemon";

[[nodiscard]] inline bool can_be_others() {
  return ::geteuid() == 0;
}

/// portwatchctl as that user, where we can be others.
[[nodiscard]] inline Outcome ctl_as(const DaemonHarness& daemon, unsigned uid,
                                    std::vector<std::string> arguments) {
  ChildOptions options{.environment = {{"PORTWATCH_SOCKET", ""}, {"HOME", "/"}, {"TZ", "UTC"}}};
  if (can_be_others()) options.uid = uid;
  options.directory = "/";
  return run_child(daemon.ctl_argv(std::move(arguments)), options);
}

/// A session of that user: the kernel keeps who connected.
[[nodiscard]] inline std::unique_ptr<RpcClient> client_as(const DaemonHarness& daemon, unsigned uid) {
  const uid_t us = ::geteuid();
  const gid_t group = ::getegid();
  if (can_be_others()) PW_ASSERT(::setegid(uid) == 0 && ::seteuid(uid) == 0);
  auto client = std::make_unique<RpcClient>(daemon.socket());
  PW_ASSERT(::seteuid(us) == 0 && ::setegid(group) == 0);
  return client;
}

/// The harness's folder is private; a socket that is for everybody must be reachable.
inline void let_everybody_through(const DaemonHarness& daemon) {
  PW_ASSERT(::chmod(daemon.folder().c_str(), 0755) == 0);
}

}  // namespace portwatch::test
