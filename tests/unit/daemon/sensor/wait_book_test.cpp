// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/wait_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace portwatch::sensor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WaitBookTest : public testing::Test {
 protected:
  /// A process starts; one that has the same pid is no more.
  base::Pid start(std::int32_t pid, std::uint32_t uid) {
    processes_[base::Pid{pid}] = {.folder_inode = ++inode_, .uid = base::Uid{uid}};
    return base::Pid{pid};
  }

  base::BootTime now_{1h};
  std::map<base::Pid, WaitBook::Identity> processes_;
  std::set<std::uint32_t> unnamed_;
  std::uint64_t inode_ = 0;
  WaitBook book_{{.now = [this] { return now_; },
                  .identity = [this](base::Pid pid) -> std::optional<WaitBook::Identity> {
                    const auto process = processes_.find(pid);
                    if (process == processes_.end()) return std::nullopt;
                    return process->second;
                  },
                  .user_name = [this](base::Uid uid) -> std::optional<std::string> {
                    if (unnamed_.contains(uid.value)) return std::nullopt;
                    return "user" + std::to_string(uid.value);
                  }}};
};

TEST_F(WaitBookTest, LeavesAProcessAloneThatMadeUsWaitTooLongInSum) {
  const base::Pid slow = start(10, 1000);
  const base::Pid other = start(11, 1000);
  book_.waited(slow, 1500ms);
  EXPECT_FALSE(book_.avoids(slow));
  EXPECT_THAT(book_.blind_spots(), IsEmpty());
  book_.waited(slow, 500ms);
  EXPECT_TRUE(book_.avoids(slow));
  EXPECT_FALSE(book_.avoids(other));
  EXPECT_THAT(book_.blind_spots(), ElementsAre(HasSubstr("process 10 of user1000 keeps")));
}

TEST_F(WaitBookTest, LooksIntoAnotherProcessUnderThePid) {
  book_.left_behind(start(10, 1000), 1s);
  EXPECT_TRUE(book_.avoids(base::Pid{10}));
  start(10, 1000);
  EXPECT_FALSE(book_.avoids(base::Pid{10}));
}

TEST_F(WaitBookTest, LeavesAUserAloneWhoseProcessesDoItTogether) {
  for (int pid = 10; pid < 16; ++pid) book_.waited(start(pid, 1000), 1s);
  EXPECT_TRUE(book_.avoids(base::Pid{10})) << "though it alone did not do much";
  EXPECT_TRUE(book_.avoids(start(20, 1000)));
  EXPECT_FALSE(book_.avoids(start(21, 1001)));
  EXPECT_THAT(book_.blind_spots(), ElementsAre(HasSubstr("processes of user1000 keep")));
}

TEST_F(WaitBookTest, TakesUsersWithoutANameForOne) {
  unnamed_ = {100000, 100001, 100002, 100003};
  for (std::uint32_t i = 0; i < 3; ++i)
    book_.left_behind(start(static_cast<std::int32_t>(10 + i), 100000 + i), 2s);
  EXPECT_TRUE(book_.avoids(start(20, 100003)));
}

TEST_F(WaitBookTest, LeavesRootAloneProcessByProcessOnly) {
  for (int pid = 10; pid < 16; ++pid) book_.left_behind(start(pid, 0), 2s);
  EXPECT_TRUE(book_.avoids(base::Pid{10}));
  EXPECT_FALSE(book_.avoids(start(20, 0)));
}

TEST_F(WaitBookTest, ForgetsAfterAWhileUnlessAThreadStillWaits) {
  const base::Pid back = start(10, 1000);
  const base::Pid waiting = start(11, 1000);
  const base::Pid third = start(12, 1000);
  for (const base::Pid pid : {back, waiting, third}) book_.left_behind(pid, 2s);
  book_.came_back(back);
  EXPECT_TRUE(book_.avoids(back)) << "at once would be too soon";
  now_ += WaitBook::kMemory;
  EXPECT_FALSE(book_.avoids(back));
  EXPECT_TRUE(book_.avoids(waiting));
  EXPECT_FALSE(book_.avoids(start(20, 1000)));
  book_.came_back(waiting);
  book_.came_back(third);
  EXPECT_FALSE(book_.avoids(waiting));
  EXPECT_THAT(book_.blind_spots(), IsEmpty());
}

TEST_F(WaitBookTest, NamesAFewAndCountsTheOthers) {
  for (int pid = 10; pid < 20; ++pid) book_.left_behind(start(pid, 0), 2s);
  const auto spots = book_.blind_spots();
  ASSERT_EQ(spots.size(), 6U);
  EXPECT_THAT(spots.back(), HasSubstr("5 more processes"));
}

}  // namespace
}  // namespace portwatch::sensor
