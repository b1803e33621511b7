// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/authorizer.h"

#include <algorithm>

namespace portwatch::server {
namespace {

using base::ErrorCode;
using base::fail;
using interface::AlertAction;

constexpr base::Uid kRoot{0};

/// An acknowledgement says "seen" and changes nothing about what belongs here.
bool is_policy(AlertAction action) {
  return action != AlertAction::kAcknowledge;
}

}  // namespace

bool Viewer::owns(const model::Listener& listener) const {
  return !listener.owners.empty() && listener.socket.uid == uid &&
         std::ranges::all_of(listener.owners,
                             [this](const model::ProcessRef& owner) { return owns(*owner); });
}

Viewer viewer_of(const std::optional<Peer>& peer, base::Uid daemon_user) {
  if (!peer) return {};
  if (peer->uid == kRoot || peer->uid == daemon_user) return {.role = Role::kAdmin, .uid = peer->uid};
  return {.role = peer->is_in_admin_group ? Role::kReader : Role::kLocal, .uid = peer->uid};
}

base::Status may_read(const Viewer& viewer) {
  if (viewer.role == Role::kNobody)
    return fail(ErrorCode::kPermissionDenied, "the system does not say who you are, so nothing is shown");
  return {};
}

ChangeRight right_to_change(const Viewer& viewer, const ChangePolicy& policy, AlertAction action) {
  if (viewer.role == Role::kNobody) return ChangeRight::kNever;
  if (policy.is_locked && is_policy(action)) return ChangeRight::kNever;
  if (viewer.role == Role::kAdmin) return ChangeRight::kAlways;
  if (action == AlertAction::kAcknowledge) return ChangeRight::kOwnOnly;
  if (policy.self_approve && action == AlertAction::kApprove) return ChangeRight::kOwnOnly;
  return ChangeRight::kNever;
}

base::Error denial(const Viewer& viewer, const ChangePolicy& policy, AlertAction action) {
  if (const base::Status readable = may_read(viewer); !readable) return readable.error();
  if (policy.is_locked && is_policy(action))
    return {.code = ErrorCode::kPermissionDenied,
            .message =
                "the policy of this machine is locked (policy.locked): it is changed in its configuration "
                "files alone"};
  return {.code = ErrorCode::kPermissionDenied,
          .message = "only root and the user that portwatchd runs as may do this; try again with sudo"};
}

base::Status may_change(const Viewer& viewer, const ChangePolicy& policy, AlertAction action,
                        const model::Alert& alert) {
  switch (right_to_change(viewer, policy, action)) {
    case ChangeRight::kAlways: return {};
    case ChangeRight::kNever: return std::unexpected(denial(viewer, policy, action));
    case ChangeRight::kOwnOnly: break;
  }
  const bool is_harmless = alert.listener->exposure == model::Exposure::kLoopback &&
                           alert.severity < model::Severity::kMedium &&
                           alert.state != model::AlertState::kRejected;
  if (is_harmless && viewer.owns(*alert.listener)) return {};
  return fail(
      ErrorCode::kPermissionDenied,
      "you may do this for your own loopback listeners below medium severity alone; try again with sudo");
}

}  // namespace portwatch::server
