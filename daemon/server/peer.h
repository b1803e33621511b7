// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who is at the other end of a connection, by the kernel's word, as it was when the client connected.

#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/strong_type.h"

namespace portwatch::server {

struct Peer {
  base::Uid uid;
  bool is_in_admin_group = false;

  bool operator==(const Peer&) const = default;
};

/// The number of a group; nothing when there is no such group, or no name is given. May ask the system's user
/// database: blocking.
[[nodiscard]] std::optional<std::uint32_t> group_number(const std::string& name);

/// Asks the kernel who connected to `fd`: the effective user, and all groups it had then.
/// Errors: kPermissionDenied when the kernel does not say, or names a user that has no number on this side (a
/// user namespace without a mapping): such a peer may do nothing.
[[nodiscard]] base::Result<Peer> identify_peer(int fd, std::optional<std::uint32_t> admin_group);

/// The user that we run as: effective.
[[nodiscard]] base::Uid own_user();

}  // namespace portwatch::server
