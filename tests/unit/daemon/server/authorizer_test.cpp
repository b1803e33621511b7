// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/authorizer.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace portwatch::server {
namespace {

using interface::AlertAction;
using model::Severity;

constexpr base::Uid kRoot{0};
constexpr base::Uid kDaemon{990};
constexpr base::Uid kAna{1000};
constexpr base::Uid kBob{1001};

TEST(Authorizer, GivesEachPeerItsRole) {
  struct Row {
    const char* who;
    std::optional<Peer> peer;
    Role role;
  };
  for (const Row& row : {
           Row{"unknown", std::nullopt, Role::kNobody},
           Row{"a user", Peer{.uid = kAna}, Role::kLocal},
           Row{"a member of the group", Peer{.uid = kAna, .is_in_admin_group = true}, Role::kReader},
           Row{"the daemon's user", Peer{.uid = kDaemon}, Role::kAdmin},
           Row{"root", Peer{.uid = kRoot}, Role::kAdmin},
           Row{"root in the group", Peer{.uid = kRoot, .is_in_admin_group = true}, Role::kAdmin},
       })
    EXPECT_EQ(viewer_of(row.peer, kDaemon).role, row.role) << row.who;
}

TEST(Authorizer, ShowsNothingToNobody) {
  EXPECT_FALSE(may_read({}));
  EXPECT_EQ(may_read({}).error().code, base::ErrorCode::kPermissionDenied);
  EXPECT_TRUE(may_read({.role = Role::kLocal, .uid = kAna}));
}

TEST(Authorizer, LetsNobodyOwnProcessesOfUserZero) {
  model::Process process = test::make_process(7);
  process.uid = kRoot;
  EXPECT_FALSE(Viewer{}.owns(process)) << "an unknown peer has no number of its own";
}

model::Alert alert_of(model::Exposure exposure, Severity severity, base::Uid user,
                      model::AlertState state = model::AlertState::kOpen) {
  model::Listener listener = test::make_listener("127.0.0.1:62893/tcp");
  listener.exposure = exposure;
  listener.socket.uid = user;
  model::Process owner = *listener.owners.front();
  owner.uid = user;
  listener.owners = {test::share(owner)};
  model::Alert alert = test::make_alert(21, listener);
  alert.severity = severity;
  alert.state = state;
  return alert;
}

struct ChangeRow {
  const char* name;
  Role role;
  bool self_approve;
  bool is_locked;
  AlertAction action;
  model::Exposure exposure;
  Severity severity;
  base::Uid owner;
  bool is_allowed;
};

class ChangeTable : public testing::TestWithParam<ChangeRow> {};

TEST_P(ChangeTable, DecidesAsThePolicySays) {
  const ChangeRow& row = GetParam();
  const Viewer viewer{.role = row.role, .uid = kAna};
  const ChangePolicy policy{.self_approve = row.self_approve, .is_locked = row.is_locked};
  const base::Status decision =
      may_change(viewer, policy, row.action, alert_of(row.exposure, row.severity, row.owner));
  EXPECT_EQ(decision.has_value(), row.is_allowed);
  if (!decision) {
    EXPECT_EQ(decision.error().code, base::ErrorCode::kPermissionDenied);
  }
  if (right_to_change(viewer, policy, row.action) == ChangeRight::kNever) {
    EXPECT_FALSE(row.is_allowed);
  }
  if (right_to_change(viewer, policy, row.action) == ChangeRight::kAlways) {
    EXPECT_TRUE(row.is_allowed);
  }
}

constexpr auto kApprove = AlertAction::kApprove;
constexpr auto kReject = AlertAction::kReject;
constexpr auto kAck = AlertAction::kAcknowledge;
constexpr auto kLoopback = model::Exposure::kLoopback;
constexpr auto kAny = model::Exposure::kAny;

INSTANTIATE_TEST_SUITE_P(
    Authorizer, ChangeTable,
    testing::Values(
        ChangeRow{"nobody", Role::kNobody, true, false, kAck, kLoopback, Severity::kInfo, kAna, false},
        ChangeRow{"own_low", Role::kLocal, true, false, kApprove, kLoopback, Severity::kLow, kAna, true},
        ChangeRow{"own_low_ack", Role::kLocal, true, false, kAck, kLoopback, Severity::kLow, kAna, true},
        ChangeRow{"own_reject", Role::kLocal, true, false, kReject, kLoopback, Severity::kLow, kAna, false},
        ChangeRow{"own_medium", Role::kLocal, true, false, kApprove, kLoopback, Severity::kMedium, kAna,
                  false},
        ChangeRow{"own_high_ack", Role::kLocal, true, false, kAck, kLoopback, Severity::kHigh, kAna, false},
        ChangeRow{"own_exposed", Role::kLocal, true, false, kApprove, kAny, Severity::kLow, kAna, false},
        ChangeRow{"of_another", Role::kLocal, true, false, kApprove, kLoopback, Severity::kLow, kBob, false},
        ChangeRow{"of_another_ack", Role::kLocal, true, false, kAck, kLoopback, Severity::kLow, kBob, false},
        ChangeRow{"no_self_approve", Role::kLocal, false, false, kApprove, kLoopback, Severity::kLow, kAna,
                  false},
        ChangeRow{"no_self_approve_ack", Role::kLocal, false, false, kAck, kLoopback, Severity::kLow, kAna,
                  true},
        ChangeRow{"no_self_approve_ack_exposed", Role::kLocal, false, false, kAck, kAny, Severity::kLow, kAna,
                  false},
        ChangeRow{"own_but_locked", Role::kLocal, true, true, kApprove, kLoopback, Severity::kLow, kAna,
                  false},
        ChangeRow{"own_ack_locked", Role::kLocal, true, true, kAck, kLoopback, Severity::kLow, kAna, true},
        ChangeRow{"reader_of_another", Role::kReader, true, false, kApprove, kLoopback, Severity::kLow, kBob,
                  false},
        ChangeRow{"reader_own", Role::kReader, true, false, kApprove, kLoopback, Severity::kLow, kAna, true},
        ChangeRow{"admin", Role::kAdmin, false, false, kApprove, kAny, Severity::kHigh, kBob, true},
        ChangeRow{"admin_reject", Role::kAdmin, false, false, kReject, kAny, Severity::kHigh, kBob, true},
        ChangeRow{"admin_locked", Role::kAdmin, true, true, kApprove, kLoopback, Severity::kLow, kAna, false},
        ChangeRow{"admin_locked_reject", Role::kAdmin, true, true, kReject, kLoopback, Severity::kLow, kAna,
                  false},
        ChangeRow{"admin_locked_ack", Role::kAdmin, true, true, kAck, kAny, Severity::kHigh, kBob, true}),
    [](const auto& row) { return row.param.name; });

TEST(Authorizer, DoesNotLetAUserOverruleARejection) {
  const model::Alert rejected = alert_of(kLoopback, Severity::kLow, kAna, model::AlertState::kRejected);
  EXPECT_FALSE(may_change({.role = Role::kLocal, .uid = kAna}, {}, kApprove, rejected));
  EXPECT_TRUE(may_change({.role = Role::kAdmin, .uid = kRoot}, {}, kApprove, rejected));
}

TEST(Authorizer, CountsAListenerAsOwnOnlyWhenNobodyElseHoldsIt) {
  const Viewer ana{.role = Role::kLocal, .uid = kAna};
  model::Listener listener = test::make_listener("127.0.0.1:62893/tcp");
  EXPECT_TRUE(ana.owns(listener));

  model::Listener shared = listener;
  model::Process stranger = test::make_process(8);
  stranger.uid = kBob;
  shared.owners.push_back(test::share(stranger));
  EXPECT_FALSE(ana.owns(shared));

  model::Listener handed_over = listener;
  handed_over.socket.uid = kRoot;
  EXPECT_FALSE(ana.owns(handed_over)) << "root made the socket";

  model::Listener unattributed = listener;
  unattributed.owners.clear();
  EXPECT_FALSE(ana.owns(unattributed));

  model::Listener unreadable = listener;
  model::Process blank = test::make_process(9);
  blank.uid.reset();
  unreadable.owners = {test::share(blank)};
  EXPECT_FALSE(ana.owns(unreadable));
}

}  // namespace
}  // namespace portwatch::server
