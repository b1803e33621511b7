// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/state_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace portwatch::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

mode_t mode_of(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

/// For the length of a test, a umask that takes nothing away: what is private must be so by itself.
class OpenUmask {
 public:
  OpenUmask() : old_(umask(0)) {}
  ~OpenUmask() { umask(old_); }
  OpenUmask(const OpenUmask&) = delete;
  OpenUmask& operator=(const OpenUmask&) = delete;

 private:
  mode_t old_;
};

TEST(StateDirectory, IsMadePrivateWithAllThatIsMissingAboveIt) {
  const test::TempDir folder;
  const OpenUmask open;
  const auto made = prepare_state_directory(folder.path() / "a" / "b" / "");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(*made, folder.path() / "a" / "b");
  EXPECT_EQ(mode_of(folder.path() / "a"), 0700U);
  EXPECT_EQ(mode_of(folder.path() / "a" / "b"), 0700U);
}

TEST(StateDirectory, OneThatIsThereIsTakenAsItIs) {
  const test::TempDir folder;
  ASSERT_EQ(chmod(folder.path().c_str(), 0750), 0);
  EXPECT_TRUE(prepare_state_directory(folder.path()));
  EXPECT_EQ(mode_of(folder.path()), 0750U);
}

TEST(StateDirectory, RefusesOneThatOthersCanWrite) {
  const test::TempDir folder;
  for (const mode_t mode : {0770U, 0707U, 01777U}) {
    ASSERT_EQ(chmod(folder.path().c_str(), mode), 0);
    const auto made = prepare_state_directory(folder.path());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, base::ErrorCode::kPermissionDenied);
    EXPECT_THAT(made.error().message, HasSubstr("chmod go-w"));
  }
}

TEST(StateDirectory, RefusesASymbolicLinkAndAFile) {
  const test::TempDir folder;
  fs::create_directory(folder / "real");
  fs::create_directory_symlink(folder / "real", folder / "link");
  std::ofstream(folder / "file") << "";
  EXPECT_FALSE(prepare_state_directory(folder / "link"));
  EXPECT_FALSE(prepare_state_directory(folder / "link/"));
  EXPECT_FALSE(prepare_state_directory(folder / "file"));
  EXPECT_FALSE(prepare_state_directory(folder / "file/below"));
  EXPECT_FALSE(prepare_state_directory(""));
}

TEST(StateDirectory, RefusesOneOfAnotherUserAndSaysWhoseItIs) {
  const test::TempDir folder;
  // As root we can give a folder away; as anybody else the root folder is another's.
  fs::path of_another = "/";
  if (geteuid() == 0) {
    ASSERT_EQ(chown(folder.path().c_str(), 65534, 65534), 0);
    of_another = folder.path();
  }
  const auto made = prepare_state_directory(of_another);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, base::ErrorCode::kPermissionDenied);
  EXPECT_THAT(made.error().message, HasSubstr(geteuid() == 0 ? "uid 65534" : "uid 0"));
}

TEST(StateDirectory, RefusesAWayThatSomebodyElseCanTurn) {
  const test::TempDir folder;
  fs::create_directories(folder / "open/state");
  ASSERT_EQ(chmod((folder / "open/state").c_str(), 0700), 0);
  ASSERT_EQ(chmod((folder / "open").c_str(), 0777), 0);
  const auto made = prepare_state_directory(folder / "open/state");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, base::ErrorCode::kPermissionDenied);
  EXPECT_THAT(made.error().message, HasSubstr("everybody may replace"));
}

}  // namespace
}  // namespace portwatch::app
