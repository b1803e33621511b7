// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/socket_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace portwatch::sensor {
namespace {

using test::boot_at;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr base::BootTime kEarly = boot_at(std::chrono::minutes{1});
constexpr base::BootTime kLate = boot_at(std::chrono::minutes{2});

class SocketBookTest : public testing::Test {
 protected:
  static model::SocketRecord socket(const char* endpoint, std::uint64_t cookie, std::uint64_t inode) {
    auto socket = test::make_socket(endpoint, cookie);
    socket.inode = inode;
    return socket;
  }
  std::optional<model::SocketId> id_of(std::uint64_t inode, const char* endpoint = "0.0.0.0:80/tcp") const {
    return book_.id_of(test::kNetns, inode, test::make_endpoint(endpoint));
  }

  SocketBook book_;
};

TEST_F(SocketBookTest, KnowsSocketsByTheirInode) {
  const auto web = socket("0.0.0.0:80/tcp", 5, 100);
  book_.note(web, kEarly);
  book_.note(socket("0.0.0.0:81/tcp", 6, 0), kEarly);
  EXPECT_EQ(id_of(100), web.id);
  EXPECT_FALSE(id_of(100, "0.0.0.0:81/tcp")) << "another socket has the inode now";
  EXPECT_FALSE(id_of(0)) << "no file belongs to it";
  EXPECT_THAT(book_.inodes(), ElementsAre(Pair(test::kNetns, ElementsAre(100))));
  book_.end(base::Netns{7}, web.id, 0);
  EXPECT_EQ(id_of(100), web.id) << "of another namespace";
  book_.end(test::kNetns, web.id, 0);
  EXPECT_FALSE(id_of(100));
  EXPECT_THAT(book_.inodes(), IsEmpty());
}

TEST_F(SocketBookTest, GoesOnWithAnInodeThatIsUsedAgain) {
  const auto before = socket("0.0.0.0:80/tcp", 5, 100);
  const auto after = socket("0.0.0.0:80/tcp", 6, 100);
  book_.note(before, kEarly);
  book_.note(after, kLate);
  book_.end(test::kNetns, before.id, 100);
  EXPECT_EQ(id_of(100), after.id);
}

TEST_F(SocketBookTest, ForgetsWhatWasNotSeenSince) {
  book_.note(socket("0.0.0.0:80/tcp", 5, 100), kEarly);
  book_.note(socket("0.0.0.0:80/tcp", 6, 101), kLate);
  book_.keep(base::Netns{7}, kLate, false);
  book_.forget_before(kLate);
  EXPECT_FALSE(id_of(100));
  EXPECT_TRUE(id_of(101));
  book_.keep(test::kNetns, kLate + base::Micros{1}, false);
  book_.forget_before(kLate + base::Micros{1});
  EXPECT_TRUE(id_of(101)) << "it could not be looked at";
}

TEST_F(SocketBookTest, BelievesInWhatMayBeTheKernelsForAFewLooks) {
  auto of_table = socket("0.0.0.0:4789/udp", 1, 100);
  of_table.id = {model::SocketId::Kind::kInode, 100};
  const auto told = socket("0.0.0.0:80/tcp", 6, 101);
  book_.note(of_table, kEarly);
  book_.note(told, kEarly);
  base::BootTime at = kEarly;
  const auto look = [&](bool seems_empty) {
    at += std::chrono::seconds{1};
    const base::BootTime began = at;
    for (int pass = 0; pass < 2; ++pass) book_.keep(test::kNetns, at, seems_empty);
    book_.forget_before(began);
    return id_of(100, "0.0.0.0:4789/udp").has_value();
  };
  for (int i = 0; i < SocketBook::kMostBelieved; ++i) EXPECT_TRUE(look(true)) << i;
  EXPECT_TRUE(look(false)) << "its turn did not come";
  book_.note(of_table, at);
  for (int i = 0; i < SocketBook::kMostBelieved; ++i) EXPECT_TRUE(look(true)) << i;
  EXPECT_FALSE(look(true));
  EXPECT_TRUE(id_of(101)) << "its end will be told";
}

TEST_F(SocketBookTest, IsBounded) {
  for (std::uint64_t i = 1; i <= SocketBook::kMost; ++i) book_.note(socket("0.0.0.0:80/tcp", i, i), kEarly);
  book_.note(socket("0.0.0.0:80/tcp", SocketBook::kMost + 1, SocketBook::kMost + 1), kEarly);
  EXPECT_FALSE(id_of(SocketBook::kMost + 1));
  book_.note(socket("0.0.0.0:80/tcp", SocketBook::kMost + 1, 1), kLate);
  EXPECT_EQ(id_of(1)->value, SocketBook::kMost + 1) << "but what is there goes on";
}

}  // namespace
}  // namespace portwatch::sensor
