// SPDX-License-Identifier: Apache-2.0
// Lines of /proc/net as kernels wrote them.
#include "daemon/sensor/linux/proc_net.h"

#include <bit>

#include <gtest/gtest.h>

namespace portwatch::sensor {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the captured texts are from a little-endian machine");

constexpr std::string_view kTcpListener =
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 46161 1 "
    "0000000000000000 100 0 0 10 0";
constexpr std::string_view kTcpConnection =
    "   1: 0100007F:1F90 0100007F:B1C2 01 00000000:00000000 00:00000000 00000000  1000        0 46162 1 "
    "0000000000000000 20 4 30 10 -1";
constexpr std::string_view kTcp6Listener =
    "   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 "
    "00:00000000 00000000    33    "
    "    0 777 1 0000000000000000 100 0 0 10 0";
constexpr std::string_view kUdpBound =
    "  482: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   104        0 18273 2 "
    "0000000000000000 0";
constexpr std::string_view kUdpConnected =
    "  483: 0100007F:14EA 0100007F:0035 01 00000000:00000000 00:00000000 00000000   104        0 18274 2 "
    "0000000000000000 0";

TEST(ProcNet, ReadsATcpListener) {
  const auto row = parse_proc_net_line(net::Protocol::kTcp, kTcpListener);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->endpoint.to_string(), "127.0.0.1:8080/tcp");
  EXPECT_EQ(row->id, (model::SocketId{model::SocketId::Kind::kInode, 46161}));
  EXPECT_EQ(row->inode, 46161U);
  EXPECT_EQ(row->uid, base::Uid{1000});
}

TEST(ProcNet, ReadsAnIpv6Listener) {
  const auto row = parse_proc_net_line(net::Protocol::kTcp, kTcp6Listener);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->endpoint.to_string(), "[::1]:80/tcp");
  EXPECT_EQ(row->uid, base::Uid{33});
}

TEST(ProcNet, ReadsABoundUdpSocket) {
  const auto row = parse_proc_net_line(net::Protocol::kUdp, kUdpBound);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->endpoint.to_string(), "0.0.0.0:5353/udp");
}

TEST(ProcNet, LeavesOutConnections) {
  EXPECT_FALSE(parse_proc_net_line(net::Protocol::kTcp, kTcpConnection));
  EXPECT_FALSE(parse_proc_net_line(net::Protocol::kUdp, kUdpConnected));
}

TEST(ProcNet, LeavesOutTheHeadline) {
  EXPECT_FALSE(parse_proc_net_line(
      net::Protocol::kTcp,
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"));
}

TEST(ProcNet, LeavesOutEveryLineThatIsCutBeforeItsInodeEnds) {
  const std::size_t inode = kTcpListener.find("46161");
  for (std::size_t size = 0; size <= inode; ++size)
    EXPECT_FALSE(parse_proc_net_line(net::Protocol::kTcp, kTcpListener.substr(0, size))) << size;
}

TEST(ProcNet, NamesASocketWithoutAFileByItsEndpoint) {
  std::string line(kTcpListener);
  line.replace(line.find("46161"), 5, "0");
  const auto row = parse_proc_net_line(net::Protocol::kTcp, line);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->inode, 0U);
  EXPECT_GT(row->id.value, std::uint64_t{0xFFFFFFFF});
  line.replace(line.find("1F90"), 4, "1F91");
  EXPECT_NE(parse_proc_net_line(net::Protocol::kTcp, line)->id, row->id);
}

TEST(ProcNet, ReadsAddressesInWordsOfTheHost) {
  EXPECT_EQ(parse_proc_address("0100007F")->to_string(), "127.0.0.1");
  EXPECT_EQ(parse_proc_address("B80D0120000000000000000001000000")->to_string(), "2001:db8::1");
  EXPECT_EQ(parse_proc_address("0000000000000000FFFF00000100007F")->to_string(), "::ffff:127.0.0.1");
  EXPECT_FALSE(parse_proc_address(""));
  EXPECT_FALSE(parse_proc_address("0100007"));
  EXPECT_FALSE(parse_proc_address("0100007G"));
  EXPECT_FALSE(parse_proc_address("-100007F"));
  EXPECT_FALSE(parse_proc_address("0100007F0100007F"));
}

}  // namespace
}  // namespace portwatch::sensor
