// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/user_directory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "tests/support/loop_harness.h"

namespace portwatch::server {
namespace {

constexpr base::Uid kAna{1000};
constexpr base::Uid kBob{1001};

/// A name service that hangs while its door is closed.
struct Service {
  std::atomic<bool> hangs{false};
  std::atomic<int> asked{0};
};

class UserDirectoryTest : public testing::Test {
 protected:
  ~UserDirectoryTest() override { service->hangs = false; }

  UserDirectory::Name ask(base::Uid uid) {
    std::optional<UserDirectory::Name> told;
    directory.find(uid, [&](const UserDirectory::Name& name) { told = name; });
    EXPECT_TRUE(harness.run_until([&] { return told.has_value(); }));
    return told ? *told : "never told";
  }

  test::LoopHarness harness;
  std::shared_ptr<Service> service = std::make_shared<Service>();
  UserDirectory directory{harness.loop(), [service = service](base::Uid uid) -> UserDirectory::Name {
                            ++service->asked;
                            while (service->hangs) std::this_thread::yield();
                            if (uid == kAna) return "ana";
                            return std::nullopt;
                          }};
};

TEST_F(UserDirectoryTest, AsksOnceAndRemembersAlsoWhoHasNoName) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ask(kAna), "ana");
    EXPECT_EQ(ask(kBob), UserDirectory::Name());
  }
  EXPECT_EQ(service->asked, 2);
}

TEST_F(UserDirectoryTest, LetsNobodyWaitForLongForOneThatHangs) {
  service->hangs = true;
  EXPECT_EQ(ask(kAna), UserDirectory::Name());
  bool is_told = false;
  directory.find(kBob, [&](const UserDirectory::Name&) { is_told = true; });
  EXPECT_TRUE(is_told) << "while the answer is overdue nobody waits";
  service->hangs = false;
  EXPECT_TRUE(harness.run_until([&] { return ask(kAna) == "ana"; }));
}

TEST_F(UserDirectoryTest, BoundsHowManyWait) {
  service->hangs = true;
  std::size_t told = 0;
  for (std::size_t i = 0; i <= UserDirectory::kMostWaiting; ++i)
    directory.find({static_cast<std::uint32_t>(2000 + i)}, [&](const UserDirectory::Name&) { ++told; });
  EXPECT_EQ(told, 1U);
  EXPECT_TRUE(harness.run_until([&] { return told == UserDirectory::kMostWaiting + 1; }));
}

}  // namespace
}  // namespace portwatch::server
