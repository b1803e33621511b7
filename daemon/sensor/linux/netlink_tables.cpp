// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/netlink_tables.h"

#include <cerrno>

#include <unistd.h>

namespace portwatch::sensor {
namespace {

constexpr int kAttempts = 3;

/// A kernel without IPv6 has no table of it: that is no blind spot. A service may not make sockets of that
/// family (RestrictAddressFamilies=), so none is made to find out.
bool has_ipv6() {
  return ::access("/proc/net/if_inet6", F_OK) == 0 || errno != ENOENT;
}

}  // namespace

base::Status NetlinkTables::read(const DiagRequest& request, net::Protocol protocol,
                                 std::vector<SocketRow>& rows) {
  const std::size_t before = rows.size();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    rows.resize(before);
    const auto end = socket_.dump(request.type, request.payload, [&](Bytes payload) {
      if (const auto row = decode_inet_row(protocol, payload)) rows.push_back(*row);
    });
    if (!end) return std::unexpected(end.error());
    if (*end == DumpEnd::kWhole) return {};
  }
  return base::fail(base::ErrorCode::kUnavailable,
                    "the socket table changed during each of three looks at it");
}

base::Status NetlinkTables::read(net::Protocol protocol, std::vector<SocketRow>& rows) {
  if (protocol == net::Protocol::kTcp) return read(tcp_request(), protocol, rows);
  PW_TRY(read(udp_request(net::Family::kIpv4), protocol, rows));
  const base::Status status = read(udp_request(net::Family::kIpv6), protocol, rows);
  return status || has_ipv6() ? status : base::Status{};
}

/// The TCP table shows an MPTCP listener by its first subflow, which has the inode of the MPTCP socket's
/// file.
std::unordered_set<std::uint64_t> NetlinkTables::read_mptcp_inodes() {
  std::unordered_set<std::uint64_t> inodes;
  for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6}) {
    if (!has_mptcp_) break;
    const DiagRequest request = mptcp_request(family);
    const auto end = socket_.dump(request.type, request.payload, [&](Bytes payload) {
      if (const auto row = decode_inet_row(net::Protocol::kTcp, payload)) inodes.insert(row->inode);
    });
    has_mptcp_ = end.has_value() || end.error().code == base::ErrorCode::kTimeout;
  }
  return inodes;
}

}  // namespace portwatch::sensor
