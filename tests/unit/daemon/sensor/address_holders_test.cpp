// SPDX-License-Identifier: Apache-2.0
// Why an address was refused: who has it, by the rules of the kernel.
#include "daemon/sensor/linux/address_holders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/daemon/sensor/told_builders.h"

namespace portwatch::sensor {
namespace {

using model::ConflictCause;
using model::HolderKind;
using model::Wish;
using testing::IsEmpty;
using testing::SizeIs;

model::SocketRecord socket(const char* endpoint, std::uint64_t cookie = 1, bool is_v6only = false) {
  model::SocketRecord record = test::make_socket(endpoint, cookie);
  if (is_v6only) record.is_v6only = true;
  return record;
}

bool blocks(const char* held, const char* wanted) {
  return may_block(socket(held, 1), socket(wanted, 2));
}

TEST(MayBlock, TheSameAddressAndWildcards) {
  EXPECT_TRUE(blocks("127.0.0.1:80/tcp", "127.0.0.1:80/tcp"));
  EXPECT_FALSE(blocks("127.0.0.1:80/tcp", "127.0.0.2:80/tcp"));
  EXPECT_TRUE(blocks("0.0.0.0:80/tcp", "127.0.0.2:80/tcp"));
  EXPECT_TRUE(blocks("127.0.0.2:80/tcp", "0.0.0.0:80/tcp"));
  EXPECT_TRUE(blocks("[::]:80/tcp", "[::1]:80/tcp"));
  EXPECT_FALSE(blocks("[::1]:80/tcp", "[fe80::1]:80/tcp"));
}

TEST(MayBlock, IPv6HasIPv4TooUnlessItSaysNo) {
  EXPECT_TRUE(blocks("[::]:80/tcp", "127.0.0.1:80/tcp"));
  EXPECT_TRUE(blocks("127.0.0.1:80/tcp", "[::]:80/tcp"));
  EXPECT_TRUE(blocks("[::ffff:127.0.0.1]:80/tcp", "127.0.0.1:80/tcp"));
  EXPECT_FALSE(blocks("[::1]:80/tcp", "0.0.0.0:80/tcp"));
  EXPECT_FALSE(may_block(socket("[::]:80/tcp", 1, true), socket("127.0.0.1:80/tcp", 2)));
  EXPECT_FALSE(may_block(socket("0.0.0.0:80/tcp", 1), socket("[::]:80/tcp", 2, true)));
}

TEST(MayBlock, NotOnAnotherDeviceAndNotItself) {
  model::SocketRecord held = socket("0.0.0.0:80/tcp", 1);
  model::SocketRecord wanted = socket("0.0.0.0:80/tcp", 2);
  held.device = "eth0";
  EXPECT_TRUE(may_block(held, wanted));
  wanted.device = "eth1";
  EXPECT_FALSE(may_block(held, wanted));
  EXPECT_FALSE(may_block(wanted, wanted));
}

class AddressHoldersTest : public testing::Test {
 protected:
  AddressHolders::Finding find(const model::SocketRecord& wanted, Wish wish = Wish::kBind) {
    return holders_.find(wish, wanted, false);
  }
  static PortRow row(const char* endpoint, HolderKind kind, std::uint64_t cookie) {
    const model::SocketRecord record = socket(endpoint, cookie);
    return {
        .socket = {.id = record.id, .inode = record.inode, .endpoint = record.endpoint, .uid = record.uid},
        .kind = kind};
  }
  static bpf::Held held(const char* endpoint, std::uint64_t cookie) {
    return {.holder = test::image(700), .socket = {.record = socket(endpoint, cookie)}};
  }

  std::vector<PortRow> listening_;
  std::vector<PortRow> others_;
  std::vector<bpf::Held> descriptors_;
  int tables_read_ = 0;
  int passes_ = 0;
  base::Micros now_ = std::chrono::minutes{5};
  AddressHolders holders_{
      test::kNetns,
      {.now = [this] { return test::moment_at(now_); },
       .table =
           [this](net::Protocol, base::Port, bool is_listening) {
             ++tables_read_;
             return base::Result<std::vector<PortRow>>(is_listening ? listening_ : others_);
           },
       .descriptors =
           [this](base::Port) {
             ++passes_;
             return base::Result<std::vector<bpf::Held>>(descriptors_);
           },
       .process = [](const bpf::ImageId& image,
                     base::Uid) { return test::share(test::make_process(image.key.pid.value)); },
       .device_name = [](std::uint32_t index) { return index == 0 ? "" : "if" + std::to_string(index); },
       .has_address = [](const net::IpAddress& address) { return address.to_string() == "192.168.1.10"; }}};
};

TEST_F(AddressHoldersTest, AListenerIsTheReasonAndIsKnownElsewhere) {
  listening_ = {row("0.0.0.0:80/tcp", HolderKind::kListener, 5),
                row("127.0.0.2:80/tcp", HolderKind::kListener, 6)};
  const auto found = find(socket("127.0.0.1:80/tcp", 9));
  EXPECT_EQ(found.cause, ConflictCause::kInUse);
  EXPECT_FALSE(found.is_certain);
  ASSERT_THAT(found.holders, SizeIs(1));
  EXPECT_EQ(found.holders[0].socket.id.value, 5U);
  EXPECT_EQ(found.holders[0].socket.netns, test::kNetns);
  EXPECT_EQ(tables_read_, 1) << "the others are dear to list";
  EXPECT_EQ(passes_, 0);
}

TEST_F(AddressHoldersTest, TellsSomeOfVeryManyAndCountsTheRest) {
  others_.assign(1000, row("0.0.0.0:80/tcp", HolderKind::kTimeWait, 5));
  const auto found = find(socket("127.0.0.1:80/tcp", 9));
  EXPECT_THAT(found.holders, SizeIs(AddressHolders::kMostHolders));
  EXPECT_EQ(found.holders_left_out, 1000 - AddressHolders::kMostHolders);
}

TEST_F(AddressHoldersTest, WhoIsBoundIsNamed) {
  others_ = {row("127.0.0.1:80/tcp", HolderKind::kTimeWait, 0),
             row("127.0.0.1:80/tcp", HolderKind::kBound, 5)};
  descriptors_ = {held("127.0.0.1:80/tcp", 5)};
  const auto found = find(socket("127.0.0.1:80/tcp", 9));
  ASSERT_THAT(found.holders, SizeIs(1)) << "what is bound is likelier than what is left of a connection";
  EXPECT_EQ(found.holders[0].kind, HolderKind::kBound);
  ASSERT_NE(found.holders[0].process, nullptr);
  EXPECT_EQ(found.holders[0].process->key.pid.value, 700);
}

TEST_F(AddressHoldersTest, WhatIsLeftOfAConnectionIsNobodys) {
  others_ = {row("127.0.0.1:80/tcp", HolderKind::kTimeWait, 0)};
  const auto found = find(socket("127.0.0.1:80/tcp", 9));
  EXPECT_EQ(found.cause, ConflictCause::kInUse);
  EXPECT_EQ(found.holders.at(0).kind, HolderKind::kTimeWait);
  EXPECT_EQ(passes_, 0);
}

TEST_F(AddressHoldersTest, OnlyAListenerMakesListenFail) {
  others_ = {row("127.0.0.1:80/tcp", HolderKind::kBound, 5)};
  EXPECT_EQ(find(socket("127.0.0.1:80/tcp", 9), Wish::kListen).cause, ConflictCause::kUnknown);
}

TEST_F(AddressHoldersTest, NobodyIsAccusedWithoutASign) {
  const auto found = find(socket("127.0.0.1:80/tcp", 9));
  EXPECT_EQ(found.cause, ConflictCause::kUnknown);
  EXPECT_THAT(found.holders, IsEmpty());
}

TEST_F(AddressHoldersTest, AMissingPrivilegeIsCertain) {
  const auto found = holders_.find(Wish::kBind, socket("127.0.0.1:80/tcp", 9), true);
  EXPECT_EQ(found.cause, ConflictCause::kPrivilege);
  EXPECT_TRUE(found.is_certain);
  EXPECT_EQ(tables_read_, 0);
}

TEST_F(AddressHoldersTest, AMissingPrivilegeIsNotCertainWhereTheAddressIsAskedForFirst) {
  const auto lacking = [&](const model::SocketRecord& wanted) {
    return holders_.find(Wish::kBind, wanted, true);
  };
  EXPECT_EQ(lacking(socket("192.168.1.99:80/tcp", 9)).cause, ConflictCause::kNoSuchAddress);
  EXPECT_FALSE(lacking(socket("192.168.1.99:80/tcp", 9)).is_certain);
  EXPECT_EQ(lacking(socket("192.168.1.10:80/tcp", 9)).cause, ConflictCause::kPrivilege);
  EXPECT_TRUE(lacking(socket("192.168.1.10:80/tcp", 9)).is_certain);
  EXPECT_TRUE(lacking(socket("[2001:db8::99]:80/tcp", 9)).is_certain) << "the port is asked for first";
  model::SocketRecord elsewhere = socket("192.168.1.10:80/tcp", 9);
  elsewhere.netns = base::Netns{7};
  EXPECT_EQ(lacking(elsewhere).cause, ConflictCause::kPrivilege);
  EXPECT_FALSE(lacking(elsewhere).is_certain);
}

TEST_F(AddressHoldersTest, AnAddressThatIsNotThereIsTheReasonBeforeAnyWildcard) {
  listening_ = {row("0.0.0.0:80/tcp", HolderKind::kListener, 5)};
  const auto found = find(socket("192.168.1.99:80/tcp", 9));
  EXPECT_EQ(found.cause, ConflictCause::kNoSuchAddress);
  EXPECT_THAT(found.holders, IsEmpty());
  EXPECT_EQ(find(socket("192.168.1.10:80/tcp", 9)).cause, ConflictCause::kInUse);
  EXPECT_EQ(find(socket("192.168.1.99:0/tcp", 9)).cause, ConflictCause::kNoSuchAddress);
}

TEST_F(AddressHoldersTest, InAnotherNetworkItIsWhatProcessesHold) {
  model::SocketRecord wanted = socket("127.0.0.1:80/tcp", 9);
  wanted.netns = base::Netns{7};
  listening_ = {row("127.0.0.1:80/tcp", HolderKind::kListener, 5)};
  descriptors_ = {held("127.0.0.1:80/tcp", 6), held("127.0.0.1:80/tcp", 8), held("127.0.0.1:80/tcp", 8)};
  descriptors_[1].socket.record.netns = base::Netns{7};
  descriptors_[2].socket.record.netns = base::Netns{7};
  descriptors_[1].socket.is_listening = true;
  const auto found = find(wanted);
  ASSERT_THAT(found.holders, SizeIs(1));
  EXPECT_EQ(found.holders[0].kind, HolderKind::kListener);
  EXPECT_EQ(found.holders[0].socket.id.value, 8U);
  EXPECT_EQ(tables_read_, 0) << "they are not of that network";
}

TEST_F(AddressHoldersTest, LooksOnlySoOftenInASecond) {
  listening_ = {row("127.0.0.1:80/tcp", HolderKind::kListener, 5)};
  model::SocketRecord wanted = socket("127.0.0.1:80/tcp", 9);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    wanted.uid = base::Uid{i};
    static_cast<void>(find(wanted));
  }
  EXPECT_EQ(tables_read_, AddressHolders::kMostTables);
  EXPECT_EQ(find(wanted).cause, ConflictCause::kUnknown);
  now_ += std::chrono::seconds{1};
  EXPECT_EQ(find(wanted).cause, ConflictCause::kInUse);
}

TEST_F(AddressHoldersTest, NoUserTakesAwayTheCausesOfOthers) {
  listening_ = {row("127.0.0.1:80/tcp", HolderKind::kListener, 5)};
  model::SocketRecord of_flood = socket("127.0.0.1:80/tcp", 9);
  model::SocketRecord of_other = of_flood;
  of_flood.uid = base::Uid{1001};
  of_other.uid = base::Uid{1002};
  for (int i = 0; i < 1000; ++i) static_cast<void>(find(of_flood));
  EXPECT_EQ(find(of_flood).cause, ConflictCause::kUnknown);
  EXPECT_EQ(find(of_other).cause, ConflictCause::kInUse);

  descriptors_ = {held("127.0.0.1:80/tcp", 8)};
  descriptors_[0].socket.record.netns = of_flood.netns = of_other.netns = base::Netns{7};
  for (int i = 0; i < 1000; ++i) static_cast<void>(find(of_flood));
  EXPECT_EQ(find(of_other).cause, ConflictCause::kInUse);
}

}  // namespace
}  // namespace portwatch::sensor
