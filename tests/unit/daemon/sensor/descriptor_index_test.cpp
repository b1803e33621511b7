// SPDX-License-Identifier: Apache-2.0
// Who holds what, on a folder of the test's own.
#include "daemon/sensor/linux/descriptor_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_proc.h"

namespace portwatch::sensor {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::size_t kPlenty = 1000;

class DescriptorIndexTest : public ::testing::Test {
 protected:
  void look() { ASSERT_TRUE(index_.begin_look()); }
  /// A look as the sensor makes it.
  void whole_look() {
    look();
    index_.walk_new_processes();
    index_.search(2);
    index_.revisit();
  }
  WatchedSocket& watch(std::uint64_t inode) {
    return *index_.watch(inode, {.kind = model::SocketId::Kind::kInode, .value = inode});
  }
  static std::vector<int> holders_of(const WatchedSocket& socket) {
    std::vector<int> pids;
    for (const KnownProcess* const holder : socket.holders) pids.push_back(holder->pid.value);
    return pids;
  }

  test::FakeProc proc_;
  DescriptorIndex index_{proc_.path(), kPlenty};
};

TEST_F(DescriptorIndexTest, FindsAllHoldersOfANewSocket) {
  proc_.start({.pid = 10});
  proc_.start({.pid = 11});
  proc_.start({.pid = 12});
  proc_.open(10, 0, "/dev/null");
  proc_.open_socket(10, 5, 555);
  proc_.open_socket(11, 7, 555);
  proc_.open_socket(12, 7, 556);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(10, 11));
}

TEST_F(DescriptorIndexTest, NamesAProcessOnceForSeveralDescriptors) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  proc_.open_socket(10, 6, 555);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(10));
}

TEST_F(DescriptorIndexTest, FindsTheOldProcessThatOpensASocket) {
  proc_.start({.pid = 10});
  proc_.start({.pid = 11});
  whole_look();
  proc_.open_socket(10, 5, 555);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  EXPECT_THAT(holders_of(socket), IsEmpty());
  index_.search(2);
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(10));
}

TEST_F(DescriptorIndexTest, FindsTheParentThatOpenedWhatItsNewChildHolds) {
  proc_.start({.pid = 10, .parent = 1});
  whole_look();
  proc_.open_socket(10, 5, 555);
  proc_.start({.pid = 20, .parent = 10});
  proc_.open_socket(20, 5, 555);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(20));
  index_.search(2);
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(10, 20));
}

TEST_F(DescriptorIndexTest, SeesAForkedHolderInTheNextLook) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  proc_.start({.pid = 20, .parent = 10});
  proc_.open_socket(20, 5, 555);
  whole_look();
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(10, 20));
}

TEST_F(DescriptorIndexTest, SeesADescriptorThatWasPassedToAnOldProcess) {
  proc_.start({.pid = 10});
  proc_.start({.pid = 11});
  proc_.open_socket(10, 5, 555);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  proc_.open_socket(11, 3, 555);
  whole_look();
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(10, 11));
}

TEST_F(DescriptorIndexTest, LetsGoOfAProcessThatEnded) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  proc_.stop(10);
  look();
  EXPECT_THAT(holders_of(socket), IsEmpty());
}

TEST_F(DescriptorIndexTest, DoesNotTakeAnotherProcessWithTheSamePidForTheHolder) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  proc_.start({.pid = 10, .start_ticks = 2000});
  whole_look();
  EXPECT_THAT(holders_of(socket), IsEmpty());
}

TEST_F(DescriptorIndexTest, LetsGoOfADescriptorThatWasClosed) {
  proc_.start({.pid = 10});
  proc_.start({.pid = 11});
  proc_.open_socket(10, 5, 555);
  proc_.open_socket(11, 5, 555);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  proc_.open_socket(10, 5, 999);
  whole_look();
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(11));
}

TEST_F(DescriptorIndexTest, KeepsAHolderThatMovedTheSocketToAnotherDescriptor) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  proc_.close(10, 5);
  proc_.open_socket(10, 6, 555);
  whole_look();
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(10));
  EXPECT_TRUE(index_.confirm(socket));
}

TEST_F(DescriptorIndexTest, ConfirmsOnlyWhatADescriptorStillShows) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  EXPECT_TRUE(index_.confirm(socket));
  proc_.close(10, 5);
  EXPECT_FALSE(index_.confirm(socket));
  EXPECT_THAT(holders_of(socket), IsEmpty());
}

TEST_F(DescriptorIndexTest, GivesUpTheSearchForASocketThatNobodyHolds) {
  proc_.start({.pid = 10});
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  for (int i = 0; i < 5; ++i) index_.search(2);
  EXPECT_EQ(socket.vain_searches, 2U);
}

TEST_F(DescriptorIndexTest, ComesAroundToEveryDescriptorInTurns) {
  constexpr int kDescriptors = 100;
  DescriptorIndex slow(proc_.path(), 20);
  proc_.start({.pid = 10});
  proc_.start({.pid = 11});
  for (int fd = 0; fd < kDescriptors; ++fd) proc_.open(10, fd, "/dev/null");
  ASSERT_TRUE(slow.begin_look());
  WatchedSocket& socket = *slow.watch(555, {});
  slow.walk_new_processes();
  proc_.open_socket(10, kDescriptors - 1, 555);
  int looks = 0;
  for (; looks < 3 * kDescriptors && socket.holders.empty(); ++looks) {
    ASSERT_TRUE(slow.begin_look());
    slow.revisit();
  }
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(10));
  EXPECT_LT(looks, kDescriptors);
}

TEST_F(DescriptorIndexTest, SearchesManyThreadsAndTheirDescriptorsInTurns) {
  constexpr int kThreads = 30, kDescriptors = 30;
  constexpr int kPid = 5'000'000;  // above what a kernel gives, because kcmp(2) asks about real ones
  constexpr std::size_t kBudget = 10 * 20;
  DescriptorIndex slow(proc_.path(), 20);
  proc_.start({.pid = kPid, .threads = kThreads});
  proc_.start({.pid = kPid + 1'000});
  const std::string tasks = std::to_string(kPid) + "/task/";
  for (int thread = kPid; thread < kPid + kThreads; ++thread) {
    const std::string folder = tasks + std::to_string(thread) + "/fd";
    proc_.make_folder(folder);
    for (int fd = 0; fd < kDescriptors; ++fd) proc_.link(folder + "/" + std::to_string(fd), "/dev/null");
  }
  proc_.link(tasks + std::to_string(kPid + kThreads - 1) + "/fd/29", "socket:[555]");
  ASSERT_TRUE(slow.begin_look());
  WatchedSocket& socket = *slow.watch(555, {});
  int looks = 0;
  for (; looks < 100 && socket.holders.empty(); ++looks) {
    ASSERT_TRUE(slow.begin_look());
    slow.walk_new_processes();
    slow.search(2);
  }
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(kPid));
  EXPECT_GE(looks, static_cast<int>(kThreads * kDescriptors / kBudget)) << "a look does not do it all";
  EXPECT_LT(looks, 20);
}

TEST_F(DescriptorIndexTest, WalksNewProcessesByTheBudgetAndThoseWithFewDescriptorsFirst) {
  constexpr int kDescriptors = 500;
  DescriptorIndex slow(proc_.path(), 20, 200);
  ASSERT_TRUE(slow.begin_look());
  slow.walk_new_processes();
  for (int pid = 10; pid < 13; ++pid) {
    proc_.start({.pid = pid});
    for (int fd = 0; fd < kDescriptors; ++fd) proc_.open(pid, fd, "/dev/null");
  }
  proc_.open_socket(11, kDescriptors - 1, 555);
  proc_.start({.pid = 20});
  proc_.open_socket(20, 5, 556);
  ASSERT_TRUE(slow.begin_look());
  const WatchedSocket& last = *slow.watch(555, {});
  const WatchedSocket& small = *slow.watch(556, {});
  int looks = 0;
  int looks_for_small = 0;
  for (; looks < 100 && last.holders.empty(); ++looks) {
    slow.walk_new_processes();
    slow.search(2);
    if (small.holders.empty()) ++looks_for_small;
    EXPECT_TRUE(slow.is_behind() || !last.holders.empty());
    ASSERT_TRUE(slow.begin_look());
  }
  EXPECT_THAT(holders_of(last), UnorderedElementsAre(11));
  EXPECT_THAT(holders_of(small), UnorderedElementsAre(20));
  EXPECT_LE(looks_for_small, 2);
  EXPECT_GE(looks, 2) << "a look does not do it all";
  EXPECT_LT(looks, 30);
}

TEST_F(DescriptorIndexTest, SearchesForASocketOverSeveralLooksUntilEverybodyWasAsked) {
  constexpr int kDescriptors = 150;
  for (int pid = 10; pid < 14; ++pid) {
    proc_.start({.pid = pid});
    for (int fd = 0; fd < kDescriptors; ++fd) proc_.open(pid, fd, "/dev/null");
  }
  DescriptorIndex slow(proc_.path(), 20, 200);
  ASSERT_TRUE(slow.begin_look());
  slow.walk_new_processes();
  proc_.open_socket(10, kDescriptors - 1, 555);
  ASSERT_TRUE(slow.begin_look());
  const WatchedSocket& socket = *slow.watch(555, {});
  const WatchedSocket& nobodys = *slow.watch(556, {});
  int looks = 1;
  for (; looks < 100 && nobodys.vain_searches == 0; ++looks) {
    slow.walk_new_processes();
    slow.search(2);
    ASSERT_TRUE(slow.begin_look());
  }
  EXPECT_THAT(holders_of(socket), UnorderedElementsAre(10));
  EXPECT_GE(looks, 3) << "a look does not do it all";
  EXPECT_LT(looks, 12);
}

TEST_F(DescriptorIndexTest, WatchesAnInodeOnce) {
  look();
  WatchedSocket& socket = watch(555);
  EXPECT_EQ(index_.watch(555, {}), nullptr);
  index_.forget(socket);
  EXPECT_NE(index_.watch(555, {}), nullptr);
}

TEST_F(DescriptorIndexTest, TellsEachChangeOnce) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  look();
  WatchedSocket& socket = watch(555);
  index_.walk_new_processes();
  EXPECT_THAT(index_.take_changed(), UnorderedElementsAre(&socket));
  whole_look();
  EXPECT_THAT(index_.take_changed(), IsEmpty());
  proc_.stop(10);
  look();
  EXPECT_THAT(index_.take_changed(), UnorderedElementsAre(&socket));
}

TEST_F(DescriptorIndexTest, ChangesNothingWhenProcCannotBeListed) {
  DescriptorIndex blind(proc_.path() + "/missing", kPlenty);
  EXPECT_FALSE(blind.begin_look());
  EXPECT_EQ(blind.look(), 0U);
}

}  // namespace
}  // namespace portwatch::sensor
