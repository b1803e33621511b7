// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/port_tables.h"

namespace portwatch::sensor {

base::Status PortTables::add(const DiagRequest& request, net::Protocol protocol, std::vector<PortRow>& rows) {
  // One that changed meanwhile is as good: what is asked is who may be the reason.
  const auto end = socket_.dump(request.type, request.payload, [&](Bytes payload) {
    if (rows.size() >= kMostRows) return;
    if (const auto row = decode_port_row(protocol, payload)) rows.push_back(*row);
  });
  if (!end) return std::unexpected(end.error());
  return {};
}

base::Result<std::vector<PortRow>> PortTables::read(net::Protocol protocol, base::Port port,
                                                    bool is_listening) {
  std::vector<PortRow> rows;
  if (protocol == net::Protocol::kTcp) {
    PW_TRY(add(tcp_port_request(port, is_listening), protocol, rows));
    return rows;
  }
  if (!is_listening) return rows;
  PW_TRY(add(udp_port_request(net::Family::kIpv4, port), protocol, rows));
  // A kernel without IPv6 has no table of it.
  static_cast<void>(add(udp_port_request(net::Family::kIpv6, port), protocol, rows));
  return rows;
}

}  // namespace portwatch::sensor
