// SPDX-License-Identifier: Apache-2.0
#include "common/net/endpoint.h"

#include <gtest/gtest.h>

namespace portwatch::net {
namespace {

TEST(Endpoint, IsWrittenWithBracketsForIpv6Only) {
  const Endpoint v4{.protocol = Protocol::kTcp, .address = IpAddress::v4({127, 0, 0, 1}), .port = {8080}};
  EXPECT_EQ(v4.address_and_port(), "127.0.0.1:8080");
  EXPECT_EQ(v4.to_string(), "127.0.0.1:8080/tcp");
  const Endpoint v6{.protocol = Protocol::kUdp, .address = *IpAddress::parse("::1"), .port = {53}};
  EXPECT_EQ(v6.address_and_port(), "[::1]:53");
  EXPECT_EQ(v6.to_string(), "[::1]:53/udp");
}

}  // namespace
}  // namespace portwatch::net
