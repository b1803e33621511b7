// SPDX-License-Identifier: Apache-2.0
// Connections as sock_diag shows them. In a file of its own: linux/tcp.h does not go with netinet/tcp.h.
#include "daemon/sensor/linux/inet_diag.h"

#include <cstddef>
#include <cstring>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/tcp.h>

namespace portwatch::sensor {
namespace {

constexpr std::uint8_t kEstablished = 1;  // TCP_ESTABLISHED
constexpr std::uint16_t kServer = 5432;
constexpr std::uint16_t kClient = 40000;

class ConnectionRows : public testing::Test {
 protected:
  ConnectionRows() {
    message.idiag_family = AF_INET;
    message.idiag_state = kEstablished;
    message.idiag_inode = 77;
    message.id.idiag_sport = htons(kServer);
    message.id.idiag_dport = htons(kClient);
    message.id.idiag_src[0] = message.id.idiag_dst[0] = htonl(INADDR_LOOPBACK);
    info.tcpi_bytes_acked = 1234;
    info.tcpi_bytes_received = 56;
  }
  /// With so much of `info` behind it.
  [[nodiscard]] std::optional<ConnectionRow> decode(std::size_t info_size) const {
    std::vector<std::byte> bytes(sizeof message + NLA_HDRLEN + info_size);
    std::memcpy(bytes.data(), &message, sizeof message);
    const nlattr header{.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + info_size),
                        .nla_type = INET_DIAG_INFO};
    std::memcpy(bytes.data() + sizeof message, &header, sizeof header);
    std::memcpy(bytes.data() + sizeof message + NLA_HDRLEN, &info, info_size);
    return decode_connection_row(bytes);
  }

  inet_diag_msg message{};
  tcp_info info{};
};

TEST_F(ConnectionRows, TellBothEndsAndTheirBytes) {
  const auto row = decode(sizeof info);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->local.to_string(), "127.0.0.1:5432/tcp");
  EXPECT_EQ(row->peer.to_string(), "127.0.0.1:40000/tcp");
  EXPECT_EQ(row->inode, 77U);
  EXPECT_EQ(row->sent_bytes, 1234U);
  EXPECT_EQ(row->received_bytes, 56U);
}

TEST_F(ConnectionRows, LeaveOutWhatAnOlderKernelDoesNotTell) {
  const auto row = decode(offsetof(tcp_info, tcpi_bytes_received));
  ASSERT_TRUE(row);
  EXPECT_EQ(row->sent_bytes, 1234U);
  EXPECT_FALSE(row->received_bytes);
  EXPECT_FALSE(decode(8)->sent_bytes);
}

TEST_F(ConnectionRows, AreEstablishedOnesAlone) {
  for (std::uint8_t state = 0; state < 16; ++state) {
    message.idiag_state = state;
    EXPECT_EQ(decode(sizeof info).has_value(), state == kEstablished) << int{state};
  }
}

TEST_F(ConnectionRows, RefuseAnUnknownFamilyAndEveryShorterMessage) {
  std::vector<std::byte> bytes(sizeof message);
  std::memcpy(bytes.data(), &message, sizeof message);
  ASSERT_TRUE(decode_connection_row(bytes));
  for (std::size_t size = 0; size < sizeof message; ++size)
    EXPECT_FALSE(decode_connection_row(Bytes(bytes).first(size))) << size;
  message.idiag_family = 99;
  EXPECT_FALSE(decode(sizeof info));
}

}  // namespace
}  // namespace portwatch::sensor
