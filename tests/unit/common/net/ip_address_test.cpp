// SPDX-License-Identifier: Apache-2.0
#include "common/net/ip_address.h"

#include <gtest/gtest.h>

namespace portwatch::net {
namespace {

std::string rewritten(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->to_string() : "refused";
}

TEST(IpAddress, ReadsAndWritesIpv4) {
  const auto address = IpAddress::parse("192.168.1.255");
  ASSERT_TRUE(address);
  EXPECT_EQ(*address, IpAddress::v4({192, 168, 1, 255}));
  EXPECT_EQ(address->family(), Family::kIpv4);
  EXPECT_EQ(address->to_string(), "192.168.1.255");
  EXPECT_EQ(rewritten("0.0.0.0"), "0.0.0.0");
}

TEST(IpAddress, RefusesWhatIsNoIpv4) {
  for (const auto* text :
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.04", "1..2.3", "1.2.3.", ".1.2.3",
        "1.2.3.4 ", "+1.2.3.4", "1.2.3.-4", "0x7f.0.0.1", "1.2.3.4/8", "localhost", "999"})
    EXPECT_EQ(IpAddress::parse(text), std::nullopt) << text;
}

// RFC 5952, section 4 and its examples.
TEST(IpAddress, WritesIpv6InItsOneCanonicalForm) {
  EXPECT_EQ(rewritten("2001:0db8::0001"), "2001:db8::1");
  EXPECT_EQ(rewritten("2001:DB8::1"), "2001:db8::1");
  EXPECT_EQ(rewritten("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(rewritten("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
  EXPECT_EQ(rewritten("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
  EXPECT_EQ(rewritten("0:0:0:0:0:0:0:0"), "::");
  EXPECT_EQ(rewritten("::1"), "::1");
  EXPECT_EQ(rewritten("1::"), "1::");
  EXPECT_EQ(rewritten("1:0:0:0:0:0:0:0"), "1::");
  EXPECT_EQ(rewritten("0:0:1:2:3:4:5:6"), "::1:2:3:4:5:6");
  EXPECT_EQ(rewritten("1:2:3:4:5:6:0:0"), "1:2:3:4:5:6::");
  EXPECT_EQ(rewritten("1::2:3:4:5:6:7"), "1:0:2:3:4:5:6:7");
  EXPECT_EQ(rewritten("::FFFF:10.0.0.1"), "::ffff:10.0.0.1");
  EXPECT_EQ(rewritten("::ffff:a00:1"), "::ffff:10.0.0.1");
  EXPECT_EQ(rewritten("64:ff9b::1.2.3.4"), "64:ff9b::102:304");
}

TEST(IpAddress, RefusesWhatIsNoIpv6) {
  for (const auto* text : {":",
                           ":::",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1::2::3",
                           "1:2:3:4:5:6:7::8",
                           ":1::2",
                           "1::2:",
                           "12345::",
                           "g::",
                           "[::1]",
                           "fe80::1%eth0",
                           "::1.2.3",
                           "1.2.3.4::",
                           "::1.2.3.4:5",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "::ffff:01.2.3.4",
                           "::+1",
                           "::-1",
                           " ::1",
                           "::1/128"})
    EXPECT_EQ(IpAddress::parse(text), std::nullopt) << text;
}

TEST(IpAddress, IsMadeOfFourOrSixteenOctets) {
  const std::array<std::uint8_t, 16> octets{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(IpAddress::from_octets(octets)->to_string(), "2001:db8::1");
  EXPECT_EQ(IpAddress::from_octets(std::span(octets).first(4))->to_string(), "32.1.13.184");
  EXPECT_EQ(IpAddress::from_octets(std::span(octets).first(5)), std::nullopt);
  EXPECT_EQ(IpAddress::from_octets({}), std::nullopt);
  EXPECT_EQ(IpAddress::from_octets(octets)->octets().size(), 16U);
  EXPECT_EQ(IpAddress::v4({1, 2, 3, 4}).octets().size(), 4U);
}

TEST(IpAddress, FindsTheIpv4AddressInAMappedOne) {
  const auto mapped = *IpAddress::parse("::ffff:127.0.0.1");
  EXPECT_TRUE(mapped.is_v4_mapped());
  EXPECT_EQ(mapped.unmapped(), IpAddress::v4({127, 0, 0, 1}));
  const auto plain = *IpAddress::parse("::fffe:127.0.0.1");
  EXPECT_FALSE(plain.is_v4_mapped());
  EXPECT_EQ(plain.unmapped(), plain);
  EXPECT_FALSE(IpAddress::v4({255, 255, 127, 1}).is_v4_mapped());
}

TEST(IpAddress, KnowsTheWildcards) {
  EXPECT_TRUE(IpAddress().is_wildcard());
  EXPECT_TRUE(IpAddress::parse("::")->is_wildcard());
  EXPECT_FALSE(IpAddress::parse("::1")->is_wildcard());
  EXPECT_FALSE(IpAddress::parse("0.0.0.1")->is_wildcard());
}

TEST(IpAddress, IsOfOneFamilyAlone) {
  EXPECT_NE(*IpAddress::parse("::"), *IpAddress::parse("0.0.0.0"));
}

}  // namespace
}  // namespace portwatch::net
