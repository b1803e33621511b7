// SPDX-License-Identifier: Apache-2.0
// What the kernel writes of a container on a bridge, and nonsense beside it.
#include "daemon/sensor/linux/network_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portwatch::sensor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

net::IpAddress address(const char* text) {
  return net::IpAddress::parse(text).value();
}

TEST(NetworkFiles, FindAddressesInTheTrie) {
  constexpr auto kTrie = R"(Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     |-- 172.17.0.0
        /16 link UNICAST
Local:
  +-- 0.0.0.0/0 2 0 2
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 172.17.0.2
        /32 host LOCAL
     |-- 172.17.255.255
        /32 link BROADCAST
     |-- 172.17.0.2
        /32 host LOCAL
)";
  EXPECT_THAT(parse_fib_trie(kTrie), ElementsAre(address("127.0.0.1"), address("172.17.0.2")));
  EXPECT_THAT(parse_fib_trie("|-- nonsense\n/32 host LOCAL\n"), IsEmpty());
}

TEST(NetworkFiles, FindIpv6Addresses) {
  EXPECT_THAT(parse_if_inet6("00000000000000000000000000000001 01 80 10 80       lo\n"
                             "fe800000000000000042acfffe110002 02 40 20 80     eth0\n"
                             "fe80 02 40 20 80     eth0\nzz800000000000000042acfffe110002 1\n"),
              ElementsAre(address("::1"), address("fe80::42:acff:fe11:2")));
}

TEST(NetworkFiles, FindRoutes) {
  EXPECT_THAT(parse_routes("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
                           "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                           "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
                           "*\t0000A8C0\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
                           "eth0\t00000000\tnonsense\t0003\t0\t0\t0\t00000000\n\n"),
              ElementsAre(Route{address("0.0.0.0"), 0, address("172.17.0.1")},
                          Route{address("172.17.0.0"), 16, address("0.0.0.0")}));
}

TEST(NetworkFiles, FindIpv6RoutesThatLeadOut) {
  const std::string none(32, '0');
  const std::string ula = "fd000000000000000000000000000000";
  const std::string link = "fe800000000000000000000000000000";
  const std::string gateway = "fd000000000000000000000000000001";
  const auto line = [](const std::string& network, const char* prefix, const std::string& by,
                       const char* flags, const char* device) {
    return network + " " + prefix + " " + std::string(32, '0') + " 00 " + by +
           " 00000100 00000001 00000000 " + flags + "     " + device + "\n";
  };
  EXPECT_THAT(
      parse_ipv6_routes(
          line(ula, "40", none, "00000001", "eth0") + line(link, "40", none, "00000001", "eth0") +
          line(none, "00", gateway, "00000003", "eth0") + line(none, "00", none, "00200200", "lo") +
          line(gateway, "80", none, "80200001", "eth0") + line(none, "00", none, "00000203", "eth0") +
          "nonsense\n"),
      ElementsAre(Route{address("fd00::"), 64, address("::")}, Route{address("::"), 0, address("fd00::1")}));
}

TEST(NetworkFiles, SayWhomARouteIsFor) {
  const Route route{address("172.17.0.0"), 20, address("0.0.0.0")};
  EXPECT_TRUE(is_on(route, address("172.17.15.255")));
  EXPECT_FALSE(is_on(route, address("172.17.16.0")));
  EXPECT_FALSE(is_on(route, address("::1")));
  EXPECT_TRUE(is_on({address("::"), 0, address("::")}, address("2001:db8::1")));
}

}  // namespace
}  // namespace portwatch::sensor
