// SPDX-License-Identifier: Apache-2.0
#include "common/platform/folder_safety.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace portwatch::platform {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// As root we can give things away; to anybody else everything that we make is ours.
bool give_away(const fs::path& path) {
  return ::lchown(path.c_str(), 65534, 65534) == 0;
}

TEST(FolderSafety, TrustsWhatIsRootsAndOurs) {
  const test::TempDir folder;
  fs::create_directories(folder / "a/b");
  EXPECT_TRUE(check_way_to("/"));
  EXPECT_TRUE(check_way_to(folder / "a/b"));
  EXPECT_TRUE(check_way_to(folder / "a/../a/./b/"));
  fs::create_directory_symlink("a/../a", folder / "link");
  EXPECT_TRUE(check_way_to(folder / "link/b"));
}

TEST(FolderSafety, RefusesAFolderOnTheWayThatEverybodyMayWriteTo) {
  const test::TempDir folder;
  fs::create_directories(folder / "open/mine");
  ASSERT_EQ(::chmod((folder / "open").c_str(), 0777), 0);
  const auto checked = check_way_to(folder / "open/mine");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, base::ErrorCode::kPermissionDenied);
  EXPECT_THAT(checked.error().message, HasSubstr((folder / "open").native() + " "));
  ASSERT_EQ(::chmod((folder / "open").c_str(), 01777), 0);
  EXPECT_TRUE(check_way_to(folder / "open/mine"));
}

TEST(FolderSafety, RefusesWhatSomebodyElseOwnsOnTheWay) {
  const test::TempDir folder;
  fs::create_directories(folder / "theirs/mine");
  fs::create_directory_symlink("theirs/mine", folder / "link");
  const bool is_theirs = give_away(folder / "theirs");
  EXPECT_EQ(check_way_to(folder / "theirs/mine").has_value(), !is_theirs);
  EXPECT_EQ(check_way_to(folder / "link").has_value(), !is_theirs);
}

TEST(FolderSafety, RefusesALinkThatSomebodyElseCanTurn) {
  const test::TempDir folder;
  fs::create_directory(folder / "mine");
  fs::create_directory_symlink("mine", folder / "link");
  const bool is_theirs = give_away(folder / "link");
  const auto checked = check_way_to(folder / "link");
  EXPECT_EQ(checked.has_value(), !is_theirs);
}

TEST(FolderSafety, EndsWhereLinksDoNot) {
  const test::TempDir folder;
  fs::create_directory_symlink("loop", folder / "loop");
  EXPECT_FALSE(check_way_to(folder / "loop"));
  EXPECT_FALSE(check_way_to(folder / "nowhere"));
}

}  // namespace
}  // namespace portwatch::platform
