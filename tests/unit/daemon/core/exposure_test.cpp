// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/exposure.h"

#include <gtest/gtest.h>

#include "tests/support/fake_machine.h"

namespace portwatch::core {
namespace {

using model::Exposure;
using test::endpoint;
using test::FakeMachine;

class ExposureOf : public testing::Test {
 protected:
  [[nodiscard]] Exposure of(std::string_view address, std::string device = {},
                            std::optional<bool> is_v6only = std::nullopt) {
    model::SocketRecord socket;
    socket.endpoint = endpoint(address, 80);
    socket.device = std::move(device);
    socket.is_v6only = is_v6only;
    return exposure_of(socket, machine_.host());
  }
  FakeMachine machine_;
};

TEST_F(ExposureOf, FollowsTheScopeOfTheAddress) {
  EXPECT_EQ(of("127.0.0.1"), Exposure::kLoopback);
  EXPECT_EQ(of("127.5.6.7"), Exposure::kLoopback);
  EXPECT_EQ(of("::1"), Exposure::kLoopback);
  EXPECT_EQ(of("fe80::1"), Exposure::kLink);
  EXPECT_EQ(of("169.254.1.1"), Exposure::kLink);
  EXPECT_EQ(of("192.168.1.10"), Exposure::kLan);
  EXPECT_EQ(of("2001:db8::10"), Exposure::kPublic);
  EXPECT_EQ(of("0.0.0.0"), Exposure::kAny);
  EXPECT_EQ(of("::"), Exposure::kAny);
}

TEST_F(ExposureOf, LooksIntoMappedAddresses) {
  EXPECT_EQ(of("::ffff:127.0.0.1"), Exposure::kLoopback);
  EXPECT_EQ(of("::ffff:192.168.1.10"), Exposure::kLan);
  EXPECT_EQ(of("::ffff:0.0.0.0"), Exposure::kAny);
  EXPECT_EQ(of("::ffff:172.17.0.1"), Exposure::kHostOnly);
}

TEST_F(ExposureOf, IsLoopbackOnTheLoopbackDevice) {
  EXPECT_EQ(of("0.0.0.0", "lo"), Exposure::kLoopback);
  EXPECT_EQ(of("192.168.1.10", "lo"), Exposure::kLoopback);
  machine_.host().interfaces.clear();
  EXPECT_EQ(of("0.0.0.0", "lo"), Exposure::kLoopback);
}

TEST_F(ExposureOf, TakesTheWidestAddressOfABoundDevice) {
  EXPECT_EQ(of("0.0.0.0", "eth0"), Exposure::kLan);
  EXPECT_EQ(of("::", "eth0"), Exposure::kPublic);
  std::erase_if(machine_.host().interfaces[1].addresses,
                [](const net::IpAddress& address) { return address.to_string() == "2001:db8::10"; });
  EXPECT_EQ(of("::", "eth0"), Exposure::kLan) << "a dual-stack socket answers on IPv4 too";
  EXPECT_EQ(of("::", "eth0", true), Exposure::kLink);
}

TEST_F(ExposureOf, IsWideWhereTheFactsDoNotSay) {
  EXPECT_EQ(of("0.0.0.0", "tun7"), Exposure::kAny);
  machine_.host().interfaces[1].addresses.clear();
  EXPECT_EQ(of("0.0.0.0", "eth0"), Exposure::kAny);
}

TEST_F(ExposureOf, IsHostOnlyBehindABridgeWithoutUplink) {
  EXPECT_EQ(of("172.17.0.1"), Exposure::kHostOnly);
  EXPECT_EQ(of("0.0.0.0", "docker0"), Exposure::kHostOnly);
  machine_.host().interfaces[2].is_bridge_without_uplink = false;
  EXPECT_EQ(of("172.17.0.1"), Exposure::kLan);
}

TEST_F(ExposureOf, IsNotHostOnlyWhenAnotherInterfaceHasTheAddressToo) {
  machine_.host().interfaces[1].addresses.push_back(*net::IpAddress::parse("172.17.0.1"));
  EXPECT_EQ(of("172.17.0.1"), Exposure::kLan);
}

TEST_F(ExposureOf, IsCappedByTheReachOfAnotherNetwork) {
  model::SocketRecord socket;
  socket.network = "web";
  const auto of_socket = [&](std::string_view address, Exposure reach) {
    socket.endpoint = endpoint(address, 80);
    socket.reach = reach;
    return exposure_of(socket, machine_.host());
  };
  EXPECT_EQ(of_socket("0.0.0.0", Exposure::kHostOnly), Exposure::kHostOnly);
  EXPECT_EQ(of_socket("127.0.0.1", Exposure::kHostOnly), Exposure::kLoopback);
  EXPECT_EQ(of_socket("0.0.0.0", Exposure::kAny), Exposure::kAny);
  EXPECT_EQ(of_socket("172.17.0.1", Exposure::kAny), Exposure::kLan) << "not the host's own bridge";
  socket.device = "lo";
  EXPECT_EQ(of_socket("0.0.0.0", Exposure::kAny), Exposure::kLoopback);
}

TEST_F(ExposureOf, EndsMulticastGroupsWhereTheirScopeEnds) {
  EXPECT_EQ(of("224.0.0.251"), Exposure::kLink);
  EXPECT_EQ(of("255.255.255.255"), Exposure::kLink);
  EXPECT_EQ(of("239.255.255.250"), Exposure::kLan);
  EXPECT_EQ(of("232.1.1.1"), Exposure::kPublic);
  EXPECT_EQ(of("ff01::1"), Exposure::kLoopback);
  EXPECT_EQ(of("ff02::fb"), Exposure::kLink);
  EXPECT_EQ(of("ff05::2"), Exposure::kLan);
  EXPECT_EQ(of("ff0e::1"), Exposure::kPublic);
}

}  // namespace
}  // namespace portwatch::core
