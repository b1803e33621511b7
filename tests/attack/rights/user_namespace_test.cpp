// SPDX-License-Identifier: Apache-2.0
// Root of a user namespace is nobody's root outside of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/attack/rights/other_user.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

TEST(UserNamespace, AClientThatIsRootInItsOwnIsWhoItIsOutside) {
  DaemonHarness::Options options;
  options.configuration += "[server]\naudience = \"everybody\"\n";
  DaemonHarness daemon(options);
  let_everybody_through(daemon);
  ASSERT_TRUE(daemon.start());
  std::vector<std::string> argv = daemon.ctl_argv({"alerts", "reject", "1"});
  argv.insert(argv.begin(), {"unshare", "--user", "--map-root-user"});
  ChildOptions client{.environment = {{"HOME", "/"}}, .directory = "/"};
  if (can_be_others()) client.uid = kBob;
  const Outcome outcome = run_child(argv, client);
  if (can_be_others()) {
    EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("only root"));
  } else {
    EXPECT_NE(outcome.exit_code, 4) << "it is the daemon's own user";
  }
}

TEST(UserNamespace, ADaemonInsideLetsNobodyInWhomItCannotTellApart) {
  // It runs as "root" of a namespace in which we have no number.
  if (!can_be_others()) {
    EXPECT_NE(::geteuid(), 0U) << "an ordinary user is always mapped into a namespace of their own";
    return;
  }
  DaemonHarness daemon({.uid = kAna, .around = {"unshare", "--user", "--map-root-user"}});
  let_everybody_through(daemon);
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(client_as(daemon, kAna)->hello().at("role"), "admin");
  const Outcome root = daemon.ctl({"status"});
  EXPECT_EQ(root.exit_code, 4);
  EXPECT_EQ(root.out, "");
}

}  // namespace
}  // namespace portwatch::test
