// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who may see and do what. Pure: the kernel's word on the peer comes in, a decision goes out; denied unless
// proven.
//
//   nobody   a peer that the kernel does not name: nothing
//   local    everybody on this machine: which ports are taken, by which program and user, exposure, verdict;
//   all about
//            processes of their own; with self_approve also approve and acknowledge their own loopback
//            listeners below medium
//   reader   the group portwatch: read everything
//   admin    root and the user that the daemon runs as: change everything, unless the policy is locked

#include <cstdint>
#include <optional>

#include "common/base/error.h"
#include "common/base/strong_type.h"
#include "common/model/alert.h"
#include "common/model/connection.h"
#include "common/model/process.h"
#include "daemon/interface/state_view.h"
#include "daemon/server/peer.h"

namespace portwatch::server {

enum class Role : std::uint8_t { kNobody, kLocal, kReader, kAdmin };

/// Who looks at the answer.
struct Viewer {
  Role role = Role::kNobody;
  base::Uid uid;

  [[nodiscard]] bool sees_everything() const { return role >= Role::kReader; }
  [[nodiscard]] bool owns(const model::Process& process) const {
    return process.uid == uid && role != Role::kNobody;
  }
  [[nodiscard]] bool owns(const model::Party& party) const {
    return party.uid == uid && role != Role::kNobody;
  }
  /// Whether somebody holds the listener, and nobody but this viewer's processes does.
  [[nodiscard]] bool owns(const model::Listener& listener) const;

  bool operator==(const Viewer&) const = default;
};

/// What the configuration allows.
struct ChangePolicy {
  bool self_approve = true;
  bool is_locked = false;  ///< policy comes from files alone
};

/// `peer` unset: the kernel did not name it.
[[nodiscard]] Viewer viewer_of(const std::optional<Peer>& peer, base::Uid daemon_user);

/// Errors: kPermissionDenied: nobody.
[[nodiscard]] base::Status may_read(const Viewer& viewer);

/// Whether anything can be changed at all by this viewer, before the alert is known. Tells who needs no look
/// at the alert.
enum class ChangeRight : std::uint8_t { kNever, kOwnOnly, kAlways };
[[nodiscard]] ChangeRight right_to_change(const Viewer& viewer, const ChangePolicy& policy,
                                          interface::AlertAction action);

/// Why a viewer without any right to change may not, and what would be needed.
[[nodiscard]] base::Error denial(const Viewer& viewer, const ChangePolicy& policy,
                                 interface::AlertAction action);

/// Errors: kPermissionDenied, with what would be needed.
[[nodiscard]] base::Status may_change(const Viewer& viewer, const ChangePolicy& policy,
                                      interface::AlertAction action, const model::Alert& alert);

}  // namespace portwatch::server
