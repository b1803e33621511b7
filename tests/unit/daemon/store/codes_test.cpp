// SPDX-License-Identifier: Apache-2.0
// The numbers by which enums stand in the database. They are never given to another meaning: a new value
// comes last, and a line here grows at its end.

#include <initializer_list>
#include <string_view>

#include <gtest/gtest.h>

#include "common/model/event.h"
#include "common/model/listener.h"

namespace portwatch::store {
namespace {

template <base::NamedEnum E>
void expect_codes(std::initializer_list<std::string_view> names) {
  EXPECT_EQ(base::kEnumNames<E>.size(), names.size()) << "a new value needs its place here, and in SCHEMA.md";
  std::int64_t code = 0;
  for (const std::string_view name : names) {
    const auto value = base::enum_from_name<E>(name);
    ASSERT_TRUE(value) << name;
    EXPECT_EQ(static_cast<std::int64_t>(*value), code++) << name;
  }
}

TEST(StoredCodes, NeverChange) {
  expect_codes<model::EventKind>({"started", "stopped", "gap", "suspended", "coverage_changed", "opened",
                                  "closed", "owner_changed", "alert_raised", "alert_changed",
                                  "policy_changed", "bind_conflict"});
  expect_codes<model::Precision>({"exact", "poll", "gap"});
  expect_codes<net::Protocol>({"tcp", "udp"});
  expect_codes<net::Family>({"ipv4", "ipv6"});
  expect_codes<model::SocketId::Kind>({"cookie", "inode"});
  expect_codes<model::BindIntent>({"explicit", "kernel-chosen", "auto", "unknown"});
  expect_codes<model::Exposure>({"loopback", "host-only", "link", "lan", "public", "any"});
  expect_codes<model::ProgramKind>(
      {"container", "script", "module", "inline", "executable", "name", "unattributed"});
  expect_codes<model::Attribution>({"exact", "shared", "exited", "denied", "kernel", "other-namespace"});
  expect_codes<model::ListenerClass>(
      {"unknown", "system", "dev-server", "ide-helper", "browser", "tunnel", "container", "build-child"});
  expect_codes<model::Verdict>({"known", "allowed", "unknown", "reserved", "ignored"});
  expect_codes<model::AlertState>({"open", "acknowledged", "approved", "rejected"});
  expect_codes<model::Severity>({"info", "low", "medium", "high"});
  expect_codes<model::Delivery>({"now", "after-learning"});
  expect_codes<model::ReasonCode>({"unknown_listener", "executable_deleted", "temporary_folder",
                                   "rejected_returned", "other", "comparison", "unnamed_file", "foreign_file",
                                   "bind_conflict"});
  expect_codes<model::Wish>({"bind", "listen"});
  expect_codes<model::ConflictCause>({"in-use", "privilege", "no-such-address", "unknown"});
  expect_codes<model::HolderKind>({"listener", "bound", "connection", "time-wait"});
  expect_codes<model::BaselineOrigin>({"first-scan", "approved"});
}

}  // namespace
}  // namespace portwatch::store
