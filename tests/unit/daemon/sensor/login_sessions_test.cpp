// SPDX-License-Identifier: Apache-2.0
// Which control groups are login sessions, and which only look so.
#include "daemon/sensor/linux/login_sessions.h"

#include <gtest/gtest.h>

namespace portwatch::sensor {
namespace {

TEST(LoginSession, IsNamedByTheScopeBelowAUsersSlice) {
  EXPECT_EQ(login_session_of("/user.slice/user-1000.slice/session-3.scope"), "3");
  EXPECT_EQ(login_session_of("/user.slice/user-1000.slice/session-c12.scope/init"), "c12");
}

TEST(LoginSession, IsNoOtherGroup) {
  for (const char* path :
       {"", "/", "/system.slice/ssh.service", "/user.slice/user-1000.slice",
        "user.slice/user-1.slice/session-3.scope",
        "/user.slice/user-1000.slice/user@1000.service/session-3.scope",
        "/user.slice/user-1000.slice/user@1000.service/user.slice/user-1000.slice/session-3.scope",
        "/docker/user.slice/user-1000.slice/session-3.scope", "/user.slice/user-1000.slice/session-.scope",
        "/user.slice/user-.slice/session-3.scope", "/user.slice/user-1000.slice/session-..scope",
        "/user.slice/user-1000.slice/session-a b.scope", "/user.slice//session-3.scope"})
    EXPECT_FALSE(login_session_of(path)) << path;
  EXPECT_FALSE(login_session_of("/user.slice/user-1.slice/session-" + std::string(65, '1') + ".scope"));
}

TEST(LoginSession, IsTheAuditSessionWhereTheControlGroupTellsNone) {
  EXPECT_EQ(login_session_of("c12", 7), "c12");
  EXPECT_EQ(login_session_of(std::nullopt, 7), "7");
  EXPECT_EQ(login_session_of(std::nullopt, std::nullopt), std::nullopt);
}

TEST(LoginPeer, IsNotKnownOfASessionThatNobodyHas) {
  EXPECT_EQ(login_peer_of("99999999", base::Uid{1000}), "");
}

}  // namespace
}  // namespace portwatch::sensor
