// SPDX-License-Identifier: Apache-2.0
// The framing of netlink: every length is believed only as far as the bytes go.
#include "daemon/sensor/linux/netlink_message.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>
#include <linux/netlink.h>

namespace portwatch::sensor {
namespace {

std::vector<std::byte> bytes_of(const nlmsghdr& header, std::size_t payload) {
  std::vector<std::byte> bytes(sizeof header + payload, std::byte{0xAB});
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

TEST(NetlinkMessage, TakesMessagesInOrderAtMultiplesOfFour) {
  auto bytes =
      bytes_of({.nlmsg_len = 21, .nlmsg_type = 20, .nlmsg_flags = 2, .nlmsg_seq = 7, .nlmsg_pid = 0}, 8);
  const auto second =
      bytes_of({.nlmsg_len = 16, .nlmsg_type = 3, .nlmsg_flags = 0, .nlmsg_seq = 7, .nlmsg_pid = 0}, 0);
  bytes.insert(bytes.end(), second.begin(), second.end());
  Bytes rest = bytes;
  bool is_malformed = false;
  const auto first = take_message(rest, is_malformed);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, 20);
  EXPECT_EQ(first->sequence, 7U);
  EXPECT_EQ(first->payload.size(), 5U);
  const auto done = take_message(rest, is_malformed);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->type, NLMSG_DONE);
  EXPECT_FALSE(take_message(rest, is_malformed));
  EXPECT_FALSE(is_malformed);
}

TEST(NetlinkMessage, RefusesLengthsThatLie) {
  for (const std::uint32_t length : {0U, 1U, 15U, 25U, 0xFFFFFFFFU}) {
    SCOPED_TRACE(length);
    const auto bytes = bytes_of(
        {.nlmsg_len = length, .nlmsg_type = 20, .nlmsg_flags = 0, .nlmsg_seq = 0, .nlmsg_pid = 0}, 8);
    Bytes rest = bytes;
    bool is_malformed = false;
    EXPECT_FALSE(take_message(rest, is_malformed));
    EXPECT_TRUE(is_malformed);
    EXPECT_TRUE(rest.empty());
  }
}

TEST(NetlinkMessage, RefusesHalfAHeader) {
  const std::array<std::byte, 7> bytes{};
  Bytes rest = bytes;
  bool is_malformed = false;
  EXPECT_FALSE(take_message(rest, is_malformed));
  EXPECT_TRUE(is_malformed);
}

TEST(NetlinkAttribute, TakesAttributesUntilALengthLies) {
  // {length 5, type 11, value 1, padding}, {length 200, …}
  const std::array<std::uint8_t, 12> raw{5, 0, 11, 0, 1, 0, 0, 0, 200, 0, 1, 0};
  Bytes rest = std::as_bytes(std::span(raw));
  const auto attribute = take_attribute(rest);
  ASSERT_TRUE(attribute);
  EXPECT_EQ(attribute->type, 11);
  EXPECT_EQ(load<std::uint8_t>(attribute->value), 1);
  EXPECT_FALSE(take_attribute(rest));
}

TEST(NetlinkAttribute, EndsAtALengthShorterThanItsHeader) {
  const std::array<std::uint8_t, 4> raw{3, 0, 11, 0};
  Bytes rest = std::as_bytes(std::span(raw));
  EXPECT_FALSE(take_attribute(rest));
}

}  // namespace
}  // namespace portwatch::sensor
