// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/proc_net_tables.h"

#include <cerrno>
#include <string_view>

#include <fcntl.h>

#include "daemon/sensor/linux/file_reader.h"
#include "daemon/sensor/linux/proc_net.h"

namespace portwatch::sensor {
base::Status ProcNetTables::read(net::Protocol protocol, std::vector<SocketRow>& rows) {
  PW_TRY(read(protocol, net::Family::kIpv4, rows));
  return read(protocol, net::Family::kIpv6, rows);
}

base::Status ProcNetTables::read(net::Protocol protocol, net::Family family, std::vector<SocketRow>& rows) {
  std::string path = proc_ + "/net/" + std::string(base::name_of(protocol));
  if (family == net::Family::kIpv6) path += '6';
  const auto text = read_whole_file(AT_FDCWD, path.c_str(), largest_);
  if (!text && text.error() == ENOENT && family == net::Family::kIpv6) return {};
  if (!text) return base::fail_os("cannot read " + path, text.error());

  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (const auto row = parse_proc_net_line(protocol, line); row && row->endpoint.address.family() == family)
      rows.push_back(*row);
  }
  return {};
}

}  // namespace portwatch::sensor
