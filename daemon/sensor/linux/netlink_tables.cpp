// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/netlink_tables.h"

#include <algorithm>
#include <unordered_set>

#include "daemon/sensor/linux/inet_diag.h"

namespace portwatch::sensor {
namespace {

constexpr int kAttempts = 3;

}  // namespace

base::Result<DumpEnd> NetlinkTables::read_once(net::Protocol protocol, net::Family family,
                                               std::vector<SocketRow>& rows) {
  return socket_.dump(encode_inet_request(protocol, family), [&](Bytes payload) {
    if (const auto row = decode_inet_row(protocol, payload); row && row->endpoint.address.family() == family)
      rows.push_back(*row);
  });
}

base::Status NetlinkTables::read(net::Protocol protocol, net::Family family, std::vector<SocketRow>& rows) {
  const std::size_t before = rows.size();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    rows.resize(before);
    const auto end = read_once(protocol, family, rows);
    if (!end) return std::unexpected(end.error());
    if (*end == DumpEnd::kInterrupted) continue;
    if (protocol == net::Protocol::kTcp) mark_mptcp(family, std::span(rows).subspan(before));
    return {};
  }
  return base::fail(base::ErrorCode::kUnavailable,
                    "the socket table changed during each of three looks at it");
}

/// The TCP table shows an MPTCP listener by its first subflow, which has the inode of the MPTCP socket's
/// file.
void NetlinkTables::mark_mptcp(net::Family family, std::span<SocketRow> rows) {
  if (!has_mptcp_ || rows.empty()) return;
  std::unordered_set<std::uint64_t> inodes;
  const auto end = socket_.dump(encode_mptcp_request(family), [&](Bytes payload) {
    if (const auto row = decode_inet_row(net::Protocol::kTcp, payload)) inodes.insert(row->inode);
  });
  if (!end) has_mptcp_ = false;
  if (inodes.empty()) return;
  for (SocketRow& row : rows) row.is_mptcp = row.inode != 0 && inodes.contains(row.inode);
}

}  // namespace portwatch::sensor
