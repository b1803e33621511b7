// SPDX-License-Identifier: Apache-2.0
#pragma once

// From where somebody logged in, as the login manager (systemd-logind) noted it when they did: sshd tells it.
// A process can neither leave its session's control group nor its audit session without rights, nor write the
// notes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/strong_type.h"

namespace portwatch::sensor {

/// The id in "session-3.scope", below a user's slice at the root: what systemd calls so. Nothing for other
/// control groups. Pure.
[[nodiscard]] std::optional<std::string> login_session_of(std::string_view cgroup_path);

/// The id of the session of a process: that of its control group, otherwise the number of its audit session,
/// which the login manager takes for the id wherever it can (so whoever went on in another control group,
/// such as below the user's own manager, is still told). Nothing without both. Pure.
[[nodiscard]] std::optional<std::string> login_session_of(std::optional<std::string> of_cgroup,
                                                          std::optional<std::uint32_t> audit_session);

/// The machine or address on the other side; empty: here, not known any more, not the user's session, or this
/// build has no libsystemd. Reads a small file of the manager's.
[[nodiscard]] std::string login_peer_of(const std::string& session, base::Uid user);

}  // namespace portwatch::sensor
