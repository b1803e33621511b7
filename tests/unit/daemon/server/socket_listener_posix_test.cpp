// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <thread>

#include "common/base/assert.h"
#include "common/platform/descriptor.h"
#include "common/uv/socket_path.h"
#include "daemon/server/private_umask.h"
#include "daemon/server/socket_listener.h"
#include "tests/support/temp_dir.h"

namespace portwatch::server {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using platform::Descriptor;
using testing::HasSubstr;

mode_t mode_of(const fs::path& path) {
  struct stat found{};
  PW_ASSERT(::lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777U;
}

sockaddr_un address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path.native(), static_cast<char*>(address.sun_path));
  return address;
}

bool can_connect(const fs::path& path) {
  const Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of(path);
  return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// What a daemon leaves behind when it is killed.
void leave_stale_socket(const fs::path& path) {
  const Descriptor dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of(path);
  PW_ASSERT(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

TEST(SocketListener, GivesSocketAndFolderTheirModesWhateverTheUmaskIs) {
  struct Row {
    Audience audience;
    mode_t folder;
    mode_t socket;
  };
  for (const Row& row : {Row{Audience::kOwner, 0700, 0600}, Row{Audience::kEverybody, 0755, 0666}}) {
    for (const mode_t umask : {mode_t{0}, mode_t{077}, mode_t{0777}}) {
      const test::TempDir folder;
      const fs::path path = folder.path() / "a" / "b" / "s";
      run_with_umask(umask, [&] {
        const auto listener = SocketListener::bind(path, row.audience);
        ASSERT_TRUE(listener) << listener.error().message;
        EXPECT_EQ(mode_of(folder.path() / "a"), row.folder);
        EXPECT_EQ(mode_of(path.parent_path()), row.folder);
        EXPECT_EQ(mode_of(path), row.socket);
        EXPECT_TRUE(can_connect(path));
      });
    }
  }
}

TEST(SocketListener, LeavesTheUmaskOfOtherThreadsAlone) {
  const mode_t before = ::umask(027);
  const test::TempDir folder;
  const auto listener = SocketListener::bind(folder / "s", Audience::kEverybody);
  EXPECT_TRUE(listener);
  EXPECT_EQ(::umask(before), mode_t{027});
}

TEST(SocketListener, ReplacesWhatADeadDaemonLeft) {
  const test::TempDir folder;
  leave_stale_socket(folder / "s");
  ASSERT_FALSE(can_connect(folder / "s"));
  const auto listener = SocketListener::bind(folder / "s", Audience::kOwner);
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_TRUE(can_connect(folder / "s"));
}

TEST(SocketListener, LeavesALivingDaemonAlone) {
  const test::TempDir folder;
  const auto first = SocketListener::bind(folder / "s", Audience::kOwner);
  ASSERT_TRUE(first);
  const auto second = SocketListener::bind(folder / "s", Audience::kOwner);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(can_connect(folder / "s"));
}

TEST(SocketListener, LeavesASocketThatSomebodyElseAnswersAlone) {
  const test::TempDir folder;
  const Descriptor stranger(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of(folder / "s");
  ASSERT_EQ(::bind(stranger.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(stranger.get(), 0), 0);
  ASSERT_EQ(SocketListener::bind(folder / "s", Audience::kOwner).error().code, ErrorCode::kConflict);
  // Its queue is full now, because nobody accepts: that is alive too.
  ASSERT_EQ(SocketListener::bind(folder / "s", Audience::kOwner).error().code, ErrorCode::kConflict);
  EXPECT_EQ(SocketListener::check_is_free(folder / "s").error().code, ErrorCode::kConflict);
  EXPECT_TRUE(SocketListener::check_is_free(folder / "other"));
  EXPECT_TRUE(fs::exists(folder / "s"));
}

TEST(SocketListener, RefusesWhatIsNoSocketAndTouchesNothing) {
  const test::TempDir folder;
  std::ofstream(folder / "file") << "precious";
  leave_stale_socket(folder / "target");
  fs::create_symlink(folder / "target", folder / "link");
  fs::create_directory(folder / "folder");
  for (const char* name : {"file", "link", "folder"}) {
    const auto listener = SocketListener::bind(folder / name, Audience::kOwner);
    ASSERT_FALSE(listener) << name;
    EXPECT_EQ(listener.error().code, ErrorCode::kConflict) << name;
    EXPECT_THAT(listener.error().message, HasSubstr("is no socket")) << name;
  }
  EXPECT_EQ(fs::file_size(folder / "file"), 8U);
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_TRUE(fs::is_socket(folder / "target"));
}

TEST(SocketListener, RefusesALockThatIsASymbolicLink) {
  const test::TempDir folder;
  fs::create_symlink(folder / "elsewhere", folder / "s.lock");
  EXPECT_FALSE(SocketListener::bind(folder / "s", Audience::kOwner));
  EXPECT_FALSE(fs::exists(folder / "elsewhere"));
}

TEST(SocketListener, RefusesAFolderThatOthersMayWriteTo) {
  const test::TempDir folder;
  for (const mode_t mode : {mode_t{0777}, mode_t{0707}, mode_t{0770}}) {
    ASSERT_EQ(::chmod(folder.path().c_str(), mode), 0);
    const auto listener = SocketListener::bind(folder / "s", Audience::kOwner);
    ASSERT_FALSE(listener);
    EXPECT_EQ(listener.error().code, ErrorCode::kPermissionDenied);
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(SocketListener, BindsInASharedFolderWithTheStickyBit) {
  const test::TempDir folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 01777), 0);
  ASSERT_TRUE(SocketListener::bind(folder / "s", Audience::kOwner));
}

TEST(SocketListener, RefusesAPathThatDoesNotFit) {
  const test::TempDir folder;
  const std::string prefix = folder.path().native() + "/";
  const std::size_t longest = uv::max_socket_path() - prefix.size();
  const auto too_long = SocketListener::bind(prefix + std::string(longest + 1, 'x'), Audience::kOwner);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(SocketListener::bind(prefix, Audience::kOwner));
  EXPECT_TRUE(SocketListener::bind(prefix + std::string(longest, 'x'), Audience::kOwner));
}

TEST(SocketListener, RemovesItsFileAtTheEndButNotAnothers) {
  const test::TempDir folder;
  {
    const auto listener = SocketListener::bind(folder / "s", Audience::kOwner);
    ASSERT_TRUE(listener);
  }
  EXPECT_FALSE(fs::exists(folder / "s"));
  {
    const auto listener = SocketListener::bind(folder / "s", Audience::kOwner);
    ASSERT_TRUE(listener);
    fs::rename(folder / "s", folder / "kept");
    leave_stale_socket(folder / "s");
  }
  EXPECT_TRUE(fs::exists(folder / "s"));
}

TEST(SocketListener, LetsOneOfManyThatStartAtOnceWin) {
  const test::TempDir folder;
  leave_stale_socket(folder / "s");
  constexpr std::size_t kRivals = 8;
  std::vector<std::optional<SocketListener>> listeners(kRivals);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kRivals; ++i)
    threads.emplace_back([&, i] {
      auto bound = SocketListener::bind(folder / "s", Audience::kOwner);
      if (bound) listeners[i] = std::move(*bound);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::ranges::count_if(listeners, [](const auto& listener) { return listener.has_value(); }), 1);
  EXPECT_TRUE(can_connect(folder / "s"));
}

}  // namespace
}  // namespace portwatch::server
