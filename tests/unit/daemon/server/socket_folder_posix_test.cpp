// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/socket_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.h"

namespace portwatch::server {
namespace {

namespace fs = std::filesystem;

mode_t mode_of(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

TEST(SocketFolder, IsMadeForItsAudience) {
  const test::TempDir folder;
  ASSERT_TRUE(prepare_socket_folder(folder / "mine/pw.sock", Audience::kOwner));
  EXPECT_EQ(mode_of(folder / "mine"), 0700U);
  const mode_t old = ::umask(0077);
  const auto made = prepare_socket_folder(folder / "ours/pw.sock", Audience::kEverybody);
  ::umask(old);
  ASSERT_TRUE(made);
  EXPECT_EQ(mode_of(folder / "ours"), 0755U);
}

TEST(SocketFolder, RefusesOneWhereOthersCouldSwapTheSocket) {
  const test::TempDir folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  EXPECT_FALSE(prepare_socket_folder(folder / "pw.sock", Audience::kOwner));
  ASSERT_EQ(::chmod(folder.path().c_str(), 01777), 0);
  EXPECT_TRUE(prepare_socket_folder(folder / "pw.sock", Audience::kOwner));
}

TEST(SocketFolder, RefusesAWayThatSomebodyElseCanTurn) {
  const test::TempDir folder;
  fs::create_directories(folder / "open/mine");
  ASSERT_EQ(::chmod((folder / "open").c_str(), 0777), 0);
  EXPECT_FALSE(prepare_socket_folder(folder / "open/mine/pw.sock", Audience::kOwner));
  fs::create_directory_symlink(folder / "open/mine", folder / "link");
  EXPECT_FALSE(prepare_socket_folder(folder / "link/pw.sock", Audience::kOwner)) << "it leads there too";
  ASSERT_EQ(::chmod((folder / "open").c_str(), 0755), 0);
  EXPECT_TRUE(prepare_socket_folder(folder / "link/pw.sock", Audience::kOwner)) << "/var/run is a link";
}

}  // namespace
}  // namespace portwatch::server
