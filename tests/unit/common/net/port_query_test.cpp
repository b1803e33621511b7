// SPDX-License-Identifier: Apache-2.0
#include "common/net/port_query.h"

#include <gtest/gtest.h>

namespace portwatch::net {
namespace {

PortQuery parsed(std::string_view text) {
  const auto query = parse_port_query(text);
  EXPECT_TRUE(query) << text << ": " << query.error().message;
  return query.value_or(PortQuery{});
}

constexpr auto kLoopback = IpAddress::v4({127, 0, 0, 1});

TEST(PortQuery, IsANumber) {
  EXPECT_EQ(parsed("3000"), (PortQuery{.port = {3000}}));
  EXPECT_EQ(parsed(":3000"), (PortQuery{.port = {3000}}));
  EXPECT_EQ(parsed(" 1\n"), (PortQuery{.port = {1}}));
  EXPECT_EQ(parsed("65535"), (PortQuery{.port = {65535}}));
}

TEST(PortQuery, NamesAProtocolBeforeOrBehind) {
  EXPECT_EQ(parsed("udp/5353"), (PortQuery{.port = {5353}, .protocol = Protocol::kUdp}));
  EXPECT_EQ(parsed("5353/udp"), (PortQuery{.port = {5353}, .protocol = Protocol::kUdp}));
  EXPECT_EQ(parsed("tcp/:80"), (PortQuery{.port = {80}, .protocol = Protocol::kTcp}));
}

TEST(PortQuery, NamesAnAddress) {
  EXPECT_EQ(parsed("127.0.0.1:3000"), (PortQuery{.port = {3000}, .address = kLoopback}));
  EXPECT_EQ(parsed("[::1]:3000"), (PortQuery{.port = {3000}, .address = IpAddress::parse("::1")}));
  EXPECT_EQ(parsed("0.0.0.0:3000"), (PortQuery{.port = {3000}, .address = IpAddress()}));
}

TEST(PortQuery, TakesLocalhostAndAStarAsAnyAddress) {
  EXPECT_EQ(parsed("localhost:3000"), (PortQuery{.port = {3000}}));
  EXPECT_EQ(parsed("*:3000"), (PortQuery{.port = {3000}}));
}

TEST(PortQuery, ReadsWhatEndpointsAreWrittenAs) {
  for (const auto* text : {"127.0.0.1:3000/tcp", "[::1]:53/udp", "[::ffff:10.0.0.1]:1/tcp"}) {
    const PortQuery query = parsed(text);
    EXPECT_EQ(
        (Endpoint{.protocol = *query.protocol, .address = *query.address, .port = query.port}).to_string(),
        text);
  }
}

TEST(PortQuery, IsTakenOutOfAUrl) {
  EXPECT_EQ(parsed("http://localhost:3000/path?x=1#y"), (PortQuery{.port = {3000}}));
  EXPECT_EQ(parsed("https://example.test"), (PortQuery{.port = {443}}));
  EXPECT_EQ(parsed("http://example.test/"), (PortQuery{.port = {80}}));
  EXPECT_EQ(parsed("ws://127.0.0.1:9229/abc"), (PortQuery{.port = {9229}, .address = kLoopback}));
  EXPECT_EQ(parsed("http://[::1]:8080"), (PortQuery{.port = {8080}, .address = IpAddress::parse("::1")}));
  EXPECT_EQ(parsed("postgres://ana:pass:word@127.0.0.1:5432/db"),
            (PortQuery{.port = {5432}, .address = kLoopback}));
  EXPECT_EQ(parsed("tcp://127.0.0.1:80"),
            (PortQuery{.port = {80}, .protocol = Protocol::kTcp, .address = kLoopback}));
}

TEST(PortQuery, RefusesTheRestAndSaysWhatIsAllowed) {
  for (const auto* text : {"",
                           " ",
                           "0",
                           "65536",
                           "-1",
                           "http",
                           "abc:80",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "::1:3000",
                           "[::1]",
                           "[::1]3000",
                           "[]:80",
                           "[127.0.0.1]:80",
                           "[::1:80",
                           "sctp/80",
                           "80/icmp",
                           "80/tcp/udp",
                           "tcp/",
                           "/",
                           ":",
                           "1.2.3.4:0",
                           "redis://localhost",
                           "http://",
                           "http://:80",
                           "http://localhost:0",
                           "http://localhost:99999",
                           "80 81",
                           "3000,3001",
                           "\xff\xff"}) {
    const auto query = parse_port_query(text);
    ASSERT_FALSE(query) << text;
    EXPECT_EQ(query.error().code, base::ErrorCode::kInvalidArgument);
    EXPECT_NE(query.error().message.find("[::1]:3000"), std::string::npos) << query.error().message;
  }
}

TEST(PortQuery, ShowsHostileTextSafelyAndShort) {
  const std::string message = parse_port_query("\x1b[2J" + std::string(100000, 'x')).error().message;
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_LT(message.size(), 400U);
}

}  // namespace
}  // namespace portwatch::net
