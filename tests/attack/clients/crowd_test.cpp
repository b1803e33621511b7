// SPDX-License-Identifier: Apache-2.0
// Clients that take places: two thousand at once, and such that end in the middle.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/attack/clients/polite_client.h"

namespace portwatch::test {
namespace {

TEST(Crowd, OfTwoThousandSilentConnectionsLocksNobodyElseOut) {
  OpenDaemon daemon;
  ASSERT_TRUE(daemon.start());
  const auto connected = daemon.client();
  const std::size_t memory = daemon.memory();
  const ClientMob crowd(daemon.socket(), {.connections = 2000});
  // Root's mob is another user's, whose bound does not count for root; everybody else's is of the same user.
  constexpr int kPerUser = 64;
  const int expected = ::getuid() == 0 ? kPerUser + 1 : kPerUser;
  ASSERT_TRUE(wait_until([&] { return connected->call("status").at("sessions") == expected; }));
  EXPECT_LT(daemon.memory(), memory + kMostMemory);
  if (::getuid() == 0) {
    EXPECT_EQ(daemon.ctl({"status"}).exit_code, 0);
    EXPECT_EQ(daemon.ctl({"list"}).exit_code, 0);
  } else {
    const Outcome refused = daemon.ctl({"status"});
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_NE(refused.err.find("connected already"), std::string::npos) << refused.err;
  }
}

TEST(Crowd, ThatGoesWithoutReadingItsAnswersHarmsNobody) {
  OpenDaemon daemon;
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(daemon.ctl({"status"}).exit_code, 0) << "the first client leaves libuv's spare descriptor";
  const std::size_t descriptors = daemon.descriptors();
  for (int i = 0; i < 300; ++i) {
    RpcClient hasty(daemon.socket());
    ASSERT_TRUE(hasty.is_connected());
    hasty.send_line(kHello + R"({"jsonrpc":"2.0","id":1,"method":"listeners.list"})");
  }
  EXPECT_EQ(daemon.ctl({"status"}).exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return daemon.descriptors() <= descriptors; }));
}

}  // namespace
}  // namespace portwatch::test
