// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/instance_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <string>

#include "tests/support/temp_dir.h"

namespace portwatch::app {
namespace {

using testing::HasSubstr;

TEST(InstanceLock, RefusesASecondOneAndNamesThePidOfTheFirst) {
  const test::TempDir folder;
  const auto first = InstanceLock::acquire(folder.path());
  ASSERT_TRUE(first) << first.error().message;
  const auto second = InstanceLock::acquire(folder.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kConflict);
  EXPECT_THAT(second.error().message, HasSubstr("(pid " + std::to_string(getpid()) + ")"));
  EXPECT_THAT(second.error().message, HasSubstr("--state-dir"));
}

TEST(InstanceLock, IsFreeAgainWhenItsHolderIsGone) {
  const test::TempDir folder;
  std::optional<InstanceLock> lock;
  {
    auto first = InstanceLock::acquire(folder.path());
    ASSERT_TRUE(first);
    lock = std::move(*first);
  }
  EXPECT_FALSE(InstanceLock::acquire(folder.path()));
  lock.reset();
  EXPECT_TRUE(InstanceLock::acquire(folder.path()));
}

TEST(InstanceLock, LeftOverFileOfADeadInstanceIsNoObstacle) {
  const test::TempDir folder;
  std::ofstream(folder / kLockFileName) << "999999999 and more that was never a pid\n";
  EXPECT_TRUE(InstanceLock::acquire(folder.path()));
  std::string content;
  std::getline(std::ifstream(folder / kLockFileName) >> std::ws, content);
  EXPECT_EQ(content, std::to_string(getpid()));
}

TEST(InstanceLock, DoesNotFollowASymbolicLink) {
  const test::TempDir folder;
  std::ofstream(folder / "victim") << "precious";
  std::filesystem::create_symlink(folder / "victim", folder / kLockFileName);
  const auto lock = InstanceLock::acquire(folder.path());
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, base::ErrorCode::kPermissionDenied);
  std::string content;
  std::getline(std::ifstream(folder / "victim"), content);
  EXPECT_EQ(content, "precious");
}

TEST(InstanceLock, RefusesWhatIsNoOrdinaryFile) {
  const test::TempDir folder;
  ASSERT_EQ(mkfifo((folder / kLockFileName).c_str(), 0600), 0);
  EXPECT_FALSE(InstanceLock::acquire(folder.path()));
}

TEST(InstanceLock, OverwritesNothingThatHasAnotherName) {
  const test::TempDir folder;
  std::ofstream(folder / "precious") << "something else";
  std::filesystem::create_hard_link(folder / "precious", folder / kLockFileName);
  const auto lock = InstanceLock::acquire(folder.path());
  ASSERT_TRUE(lock) << lock.error().message;
  EXPECT_FALSE(InstanceLock::acquire(folder.path())) << "it is held all the same";
  EXPECT_EQ(std::filesystem::file_size(folder / "precious"), 14U);
}

TEST(InstanceLock, IsPrivate) {
  const test::TempDir folder;
  const auto lock = InstanceLock::acquire(folder.path());
  ASSERT_TRUE(lock);
  struct stat status{};
  ASSERT_EQ(stat((folder / kLockFileName).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0077U, 0U);
}

}  // namespace
}  // namespace portwatch::app
