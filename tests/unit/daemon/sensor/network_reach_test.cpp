// SPDX-License-Identifier: Apache-2.0
// A host with docker's bridge (docker0, 172.17.0.1) and a network card, and namespaces beside it.
#include "daemon/sensor/linux/network_reach.h"

#include <gtest/gtest.h>

namespace portwatch::sensor {
namespace {

using model::Exposure;

net::IpAddress address(const char* text) {
  return net::IpAddress::parse(text).value();
}

Route on_link(const char* network, unsigned prefix) {
  return {address(network), prefix,
          address(address(network).family() == net::Family::kIpv4 ? "0.0.0.0" : "::")};
}

Route by_default(const char* gateway) {
  return {address(address(gateway).family() == net::Family::kIpv4 ? "0.0.0.0" : "::"), 0, address(gateway)};
}

class NetworkReach : public testing::Test {
 protected:
  Exposure reach(std::vector<const char*> addresses, std::vector<Route> routes) {
    NetworkReading reading{.inhabitant = {},
                           .addresses = {},
                           .routes = std::move(routes),
                           .is_whole = is_whole_,
                           .cgroup = cgroup_};
    for (const char* one : addresses) reading.addresses.push_back(address(one));
    return reach_of(reading, host_);
  }

  bool is_whole_ = true;
  std::string cgroup_;
  model::HostFacts host_{.boot_id = {},
                         .machine_hash = {},
                         .netns = {},
                         .interfaces = {{.name = "docker0",
                                         .is_bridge_without_uplink = true,
                                         .addresses = {address("172.17.0.1"), address("fe80::1")}},
                                        {.name = "eth0", .addresses = {address("192.168.1.2")}}}};
};

TEST_F(NetworkReach, IsNobodyWithoutAnAddress) {
  EXPECT_EQ(reach({}, {}), Exposure::kLoopback);
  EXPECT_EQ(reach({"127.0.0.1", "::1"}, {}), Exposure::kLoopback);
}

TEST_F(NetworkReach, IsThisHostBehindItsBridge) {
  EXPECT_EQ(reach({"127.0.0.1", "172.17.0.2"}, {by_default("172.17.0.1"), on_link("172.17.0.0", 16)}),
            Exposure::kHostOnly);
  EXPECT_EQ(reach({"172.17.0.2", "fe80::2"}, {on_link("172.17.0.0", 16), by_default("fe80::1")}),
            Exposure::kHostOnly);
  EXPECT_EQ(reach({"172.17.0.2"}, {on_link("172.17.0.0", 16)}), Exposure::kHostOnly) << "docker's --internal";
}

TEST_F(NetworkReach, IsTheClusterOfAPod) {
  cgroup_ = "0::/kubepods.slice/kubepods-pod1.slice/x.scope\n";
  EXPECT_EQ(reach({"172.17.0.2"}, {by_default("172.17.0.1"), on_link("172.17.0.0", 16)}), Exposure::kLan);
  EXPECT_EQ(reach({"127.0.0.1"}, {}), Exposure::kLoopback);
}

TEST_F(NetworkReach, IsEverybodyBehindAnotherGateway) {
  EXPECT_EQ(reach({"192.168.1.7"}, {by_default("192.168.1.1"), on_link("192.168.1.0", 24)}), Exposure::kAny);
  EXPECT_EQ(reach({"192.168.1.7"}, {by_default("192.168.1.2"), on_link("192.168.1.0", 24)}), Exposure::kAny)
      << "the host's own address on a network with others";
  EXPECT_EQ(reach({"172.17.0.2", "fd00::2"}, {on_link("172.17.0.0", 16), by_default("fd00::1")}),
            Exposure::kAny)
      << "IPv6 leads elsewhere";
  EXPECT_EQ(reach({"172.17.0.2"}, {on_link("172.17.0.0", 16), on_link("0.0.0.0", 0)}), Exposure::kAny)
      << "a tunnel";
}

TEST_F(NetworkReach, IsTheLinkWithoutAGateway) {
  EXPECT_EQ(reach({"192.168.1.7"}, {on_link("192.168.1.0", 24)}), Exposure::kLink);
  EXPECT_EQ(reach({"10.0.0.1"}, {}), Exposure::kLink);
}

TEST_F(NetworkReach, IsEverybodyWhenItIsNotKnown) {
  EXPECT_EQ(reach({"172.17.0.2", "2001:db8::2", "2a00::2"}, {on_link("172.17.0.0", 16)}), Exposure::kAny)
      << "an address that can be routed";
  is_whole_ = false;
  EXPECT_EQ(reach({"127.0.0.1"}, {}), Exposure::kAny);
}

}  // namespace
}  // namespace portwatch::sensor
