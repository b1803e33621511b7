// SPDX-License-Identifier: Apache-2.0
// The answers of sock_diag, as kernels give them and as they must not be believed.
#include "daemon/sensor/linux/inet_diag.h"

#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>

namespace portwatch::sensor {
namespace {

// A listener on 127.0.0.1:8080 as Linux 6.18 showed it, with the attributes that follow (shutdown, cgroup id,
// socket options).
constexpr std::array<std::uint8_t, 100> kCaptured{
    0x02, 0x0a, 0x00, 0x00, 0x1f, 0x90, 0x00, 0x00, 0x7f, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2a, 0x01, 0x00, 0x00, 0x01, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0xe8, 0x03, 0x00, 0x00,
    0xcd, 0xab, 0x01, 0x00, 0x05, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x15, 0x00, 0x01,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x16, 0x00, 0x00, 0x00, 0x00, 0x00};

inet_diag_msg message_of(std::uint8_t family, std::uint8_t state, std::uint16_t port) {
  inet_diag_msg message{};
  message.idiag_family = family;
  message.idiag_state = state;
  message.id.idiag_sport = htons(port);
  message.id.idiag_cookie[0] = 7;
  return message;
}

std::optional<SocketRow> decode(net::Protocol protocol, const inet_diag_msg& message,
                                std::initializer_list<std::uint8_t> attributes = {}) {
  std::vector<std::byte> bytes(sizeof message);
  std::memcpy(bytes.data(), &message, sizeof message);
  for (const std::uint8_t byte : attributes) bytes.push_back(std::byte{byte});
  return decode_inet_row(protocol, bytes);
}

TEST(InetDiag, ReadsACapturedListener) {
  const auto row = decode_inet_row(net::Protocol::kTcp, std::as_bytes(std::span(kCaptured)));
  ASSERT_TRUE(row);
  EXPECT_EQ(row->endpoint.to_string(), "127.0.0.1:8080/tcp");
  EXPECT_EQ(row->id, (model::SocketId{model::SocketId::Kind::kCookie, 0x10000012aU}));
  EXPECT_EQ(row->inode, 0x1abcdU);
  EXPECT_EQ(row->uid, base::Uid{1000});
  EXPECT_EQ(row->device_index, 0U);
  EXPECT_FALSE(row->is_v6only);
}

TEST(InetDiag, RefusesEveryShorterMessage) {
  for (std::size_t size = 0; size < sizeof(inet_diag_msg); ++size)
    EXPECT_FALSE(decode_inet_row(net::Protocol::kTcp, std::as_bytes(std::span(kCaptured).first(size))))
        << size;
}

TEST(InetDiag, LeavesOutWhatDoesNotListen) {
  EXPECT_FALSE(decode(net::Protocol::kTcp, message_of(AF_INET, TCP_ESTABLISHED, 80)));
  EXPECT_FALSE(decode(net::Protocol::kTcp, message_of(AF_INET, TCP_CLOSE, 80)));
  EXPECT_FALSE(decode(net::Protocol::kUdp, message_of(AF_INET, TCP_ESTABLISHED, 80)));
  EXPECT_TRUE(decode(net::Protocol::kUdp, message_of(AF_INET, TCP_CLOSE, 80)));
}

TEST(InetDiag, LeavesOutSocketsWithoutAPort) {
  EXPECT_FALSE(decode(net::Protocol::kTcp, message_of(AF_INET, TCP_LISTEN, 0)));
}

TEST(InetDiag, LeavesOutConnectedUdp) {
  inet_diag_msg message = message_of(AF_INET, TCP_CLOSE, 5353);
  message.id.idiag_dport = 0x3500;
  EXPECT_FALSE(decode(net::Protocol::kUdp, message));
}

TEST(InetDiag, LeavesOutOtherFamilies) {
  EXPECT_FALSE(decode(net::Protocol::kTcp, message_of(AF_UNIX, TCP_LISTEN, 80)));
}

TEST(InetDiag, ReadsTheDevice) {
  inet_diag_msg message = message_of(AF_INET6, TCP_LISTEN, 80);
  message.id.idiag_if = 3;
  const auto row = decode(net::Protocol::kTcp, message);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->device_index, 3U);
}

TEST(InetDiag, TellsDualStackFromIpv6Alone) {
  const inet_diag_msg message = message_of(AF_INET6, TCP_LISTEN, 80);
  EXPECT_EQ(decode(net::Protocol::kTcp, message, {5, 0, INET_DIAG_SKV6ONLY, 0, 1, 0, 0, 0})->is_v6only, true);
  EXPECT_EQ(decode(net::Protocol::kTcp, message, {5, 0, INET_DIAG_SKV6ONLY, 0, 0, 0, 0, 0})->is_v6only,
            false);
  EXPECT_EQ(decode(net::Protocol::kTcp, message, {})->is_v6only, std::nullopt);
  EXPECT_EQ(decode(net::Protocol::kTcp, message, {255, 255, INET_DIAG_SKV6ONLY, 0, 1})->is_v6only,
            std::nullopt);
}

TEST(InetDiag, SaysIpv6AloneOnlyOfWildcards) {
  inet_diag_msg message = message_of(AF_INET6, TCP_LISTEN, 80);
  message.id.idiag_src[3] = htonl(1);
  const auto row = decode(net::Protocol::kTcp, message, {5, 0, INET_DIAG_SKV6ONLY, 0, 1, 0, 0, 0});
  ASSERT_TRUE(row);
  EXPECT_EQ(row->endpoint.address.to_string(), "::1");
  EXPECT_EQ(row->is_v6only, std::nullopt);
}

TEST(InetDiag, AsksForListenersOnly) {
  const DiagRequest tcp = tcp_request();
  EXPECT_EQ(tcp.type, TCPDIAG_GETSOCK);
  const auto request = load<inet_diag_req>(tcp.payload);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->idiag_states, 1U << TCP_LISTEN);
  EXPECT_EQ(request->idiag_family, AF_UNSPEC);

  const DiagRequest udp = udp_request(net::Family::kIpv6);
  EXPECT_EQ(udp.type, SOCK_DIAG_BY_FAMILY);
  const auto udp_payload = load<inet_diag_req_v2>(udp.payload);
  ASSERT_TRUE(udp_payload);
  EXPECT_EQ(udp_payload->sdiag_family, AF_INET6);
  EXPECT_EQ(udp_payload->sdiag_protocol, IPPROTO_UDP);
  EXPECT_EQ(udp_payload->idiag_states, 1U << TCP_CLOSE);
}

TEST(InetDiag, NamesMptcpInAnAttribute) {
  const DiagRequest mptcp = mptcp_request(net::Family::kIpv4);
  Bytes attributes = Bytes(mptcp.payload).subspan(sizeof(inet_diag_req_v2));
  const auto attribute = take_attribute(attributes);
  ASSERT_TRUE(attribute);
  EXPECT_EQ(attribute->type, INET_DIAG_REQ_PROTOCOL);
  EXPECT_EQ(load<std::uint32_t>(attribute->value), 262U);
  EXPECT_TRUE(attributes.empty());
}

std::optional<PortRow> decode_port(net::Protocol protocol, const inet_diag_msg& message) {
  std::vector<std::byte> bytes(sizeof message);
  std::memcpy(bytes.data(), &message, sizeof message);
  return decode_port_row(protocol, bytes);
}

TEST(InetDiag, ReadsInWhichWayAPortIsUsed) {
  const auto kind = [](net::Protocol protocol, std::uint8_t state, std::uint16_t peer) {
    inet_diag_msg message = message_of(AF_INET, state, 80);
    message.id.idiag_dport = htons(peer);
    return decode_port(protocol, message).value().kind;
  };
  constexpr std::uint8_t kBoundInactive = 13;
  EXPECT_EQ(kind(net::Protocol::kTcp, TCP_LISTEN, 0), model::HolderKind::kListener);
  EXPECT_EQ(kind(net::Protocol::kTcp, kBoundInactive, 0), model::HolderKind::kBound);
  EXPECT_EQ(kind(net::Protocol::kTcp, TCP_CLOSE, 0), model::HolderKind::kBound);
  EXPECT_EQ(kind(net::Protocol::kTcp, TCP_ESTABLISHED, 9), model::HolderKind::kConnection);
  EXPECT_EQ(kind(net::Protocol::kTcp, TCP_FIN_WAIT2, 9), model::HolderKind::kConnection);
  EXPECT_EQ(kind(net::Protocol::kTcp, TCP_TIME_WAIT, 9), model::HolderKind::kTimeWait);
  EXPECT_EQ(kind(net::Protocol::kUdp, TCP_CLOSE, 0), model::HolderKind::kListener);
  EXPECT_EQ(kind(net::Protocol::kUdp, TCP_ESTABLISHED, 9), model::HolderKind::kConnection);
}

TEST(InetDiag, ReadsNothingOfAPortFromWhatIsTooShortOrHasNone) {
  EXPECT_FALSE(decode_port(net::Protocol::kTcp, message_of(AF_INET, TCP_LISTEN, 0)));
  for (std::size_t size = 0; size < sizeof(inet_diag_msg); ++size)
    EXPECT_FALSE(decode_port_row(net::Protocol::kTcp, std::as_bytes(std::span(kCaptured).first(size))))
        << size;
}

}  // namespace
}  // namespace portwatch::sensor
