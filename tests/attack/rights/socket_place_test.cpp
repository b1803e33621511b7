// SPDX-License-Identifier: Apache-2.0
// The place of the socket: taken, linked elsewhere, or reached before it is closed to strangers.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>

#include "tests/attack/rights/other_user.h"

namespace portwatch::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int kDenied = 4;
constexpr int kFailed = 6;

sockaddr_un address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  return address;
}

class SocketPlace : public testing::Test {
 protected:
  SocketPlace() {
    PW_ASSERT(::chmod(shared.path().c_str(), 01777) == 0);
    fs::create_directory(shared / "state");
    PW_ASSERT(::chmod((shared / "state").c_str(), 0700) == 0);
  }
  [[nodiscard]] Outcome run(const fs::path& socket) const {
    return daemon.portwatchd(
        {"--config", daemon.configuration_file(), "--state-dir", shared / "state", "--socket", socket});
  }

  TempDir shared;  ///< everybody may write there, as in /tmp
  DaemonHarness daemon;
};

TEST_F(SocketPlace, WhatLiesThereIsNeverDeletedOrFollowed) {
  std::ofstream(shared / "file") << "precious";
  fs::create_symlink(shared / "file", shared / "link");
  fs::create_symlink(shared / "nowhere", shared / "dangling");
  fs::create_directory(shared / "folder");
  ASSERT_EQ(::mkfifo((shared / "fifo").c_str(), 0666), 0);
  for (const char* name : {"file", "link", "dangling", "folder", "fifo"}) {
    const Outcome outcome = run(shared / name);
    EXPECT_EQ(outcome.exit_code, kFailed) << name << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("is no socket")) << name;
    EXPECT_TRUE(fs::exists(fs::symlink_status(shared / name))) << name;
  }
  EXPECT_EQ(fs::file_size(shared / "file"), 8U);
  EXPECT_FALSE(fs::exists(shared / "nowhere"));
}

TEST_F(SocketPlace, AFolderThatSomebodyElseCanSwapIsRefused) {
  fs::create_directories(shared / "open/mine");
  ASSERT_EQ(::chmod((shared / "open").c_str(), 0777), 0);
  for (const char* place : {"open", "open/mine"}) {
    const Outcome outcome = run(shared / place / "s");
    EXPECT_EQ(outcome.exit_code, kDenied) << place << outcome.err;
    EXPECT_FALSE(fs::exists(shared / place / "s"));
  }
  if (!can_be_others()) return;
  // A link of somebody else's to a folder of ours: today it leads there, tomorrow elsewhere.
  fs::create_directory(shared / "ours");
  ASSERT_EQ(::symlink((shared / "ours").c_str(), (shared / "link").c_str()), 0);
  ASSERT_EQ(::lchown((shared / "link").c_str(), kBob, kBob), 0);
  const Outcome outcome = run(shared / "link/s");
  EXPECT_EQ(outcome.exit_code, kDenied) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(std::to_string(kBob)));
}

TEST_F(SocketPlace, ALockThatSomebodyElseLaidThereIsSaidToBeInTheWay) {
  if (can_be_others()) {
    std::ofstream(shared / "s.lock") << "";
    ASSERT_EQ(::chown((shared / "s.lock").c_str(), kBob, kBob), 0);
  } else {
    ASSERT_EQ(::mkfifo((shared / "s.lock").c_str(), 0600), 0);
  }
  const Outcome outcome = run(shared / "s");
  EXPECT_EQ(outcome.exit_code, kDenied) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("s.lock"));
}

TEST_F(SocketPlace, ALivingSocketOfSomebodyElseKeepsItsPlace) {
  const platform::Descriptor squatter(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of(shared / "s");
  ASSERT_EQ(::bind(squatter.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(squatter.get(), 8), 0);
  const Outcome outcome = run(shared / "s");
  EXPECT_EQ(outcome.exit_code, kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("somebody answers"));
  EXPECT_TRUE(fs::is_socket(shared / "s"));
}

TEST(SocketMode, APrivateSocketIsNeverReachedByAStrangerAlsoNotWhileItStarts) {
  struct Counts {
    std::atomic<int> attempts{0};
    std::atomic<int> reached{0};
    std::atomic<int> refused{0};
  };
  void* memory = ::mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* counts = new (memory) Counts;
  DaemonHarness daemon;
  // Everybody comes as far as the socket, so that its mode alone stands in the way.
  let_everybody_through(daemon);
  const sockaddr_un address = address_of(daemon.socket());
  const pid_t stranger = ::fork();
  if (stranger == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (can_be_others() && (::setresgid(kBob, kBob, kBob) != 0 || ::setresuid(kBob, kBob, kBob) != 0))
      std::_Exit(1);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
      const platform::Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const int result = ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
      ++counts->attempts;
      if (result == 0) ++counts->reached;
      if (result != 0 && errno == EACCES) ++counts->refused;
    }
  }
  for (int start = 0; start < 3; ++start) {
    ASSERT_TRUE(daemon.start());
    const int before = counts->attempts;
    ASSERT_TRUE(wait_until([&] { return counts->attempts > before + 100; }));
    EXPECT_EQ(daemon.stop(), 0);
  }
  ::kill(stranger, SIGKILL);
  ASSERT_EQ(::waitpid(stranger, nullptr, 0), stranger);
  if (can_be_others()) {
    EXPECT_EQ(counts->reached, 0);
    EXPECT_GE(counts->refused, 300);
  } else {
    EXPECT_EQ(counts->refused, 0) << "there is one user, whose socket it is";
  }
  ::munmap(memory, sizeof(Counts));
}

}  // namespace
}  // namespace portwatch::test
