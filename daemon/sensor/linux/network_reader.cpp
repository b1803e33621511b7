// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/network_reader.h"

#include <array>
#include <cerrno>
#include <iterator>

#include <fcntl.h>

#include "daemon/sensor/linux/file_reader.h"
#include "daemon/sensor/linux/proc_net_tables.h"
#include "daemon/sensor/linux/proc_pid.h"
#include "daemon/sensor/linux/process_reader.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kLargestTable = std::size_t{1} << 20U;
constexpr std::size_t kLargestSocketTable = std::size_t{16} << 20U;
constexpr std::size_t kLargestCgroup = std::size_t{1} << 14U;

bool lives_in(int folder, base::Netns netns) {
  std::array<char, 64> buffer;
  const auto link = read_link(folder, "ns/net", buffer);
  return link && parse_namespace_link("net", *link) == netns.value;
}

template <class Value, class Parse>
void add_to(std::vector<Value>& values, const OsResult<std::string>& text, Parse parse) {
  if (!text) return;
  auto more = parse(*text);
  values.insert(values.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// A kernel without IPv6 has no such file.
bool is_all(const OsResult<std::string>& text, bool may_be_missing) {
  return text || (may_be_missing && text.error() == ENOENT);
}

}  // namespace

std::optional<NetworkReading> NetworkReader::read(base::Netns netns,
                                                  std::span<const base::Pid> candidates) const {
  for (const base::Pid candidate : candidates)
    if (auto reading = read(netns, candidate)) return reading;
  return std::nullopt;
}

std::optional<NetworkReading> NetworkReader::read(base::Netns netns, base::Pid candidate) const {
  const Visit visit = proc_.visit(candidate);
  if (!visit) return std::nullopt;
  // The open folder stays with this process: a new one under the same pid has another.
  const auto folder = open_folder(AT_FDCWD, process_folder(proc_.path(), candidate, {}).c_str());
  if (!folder || !lives_in(folder->get(), netns)) return std::nullopt;

  NetworkReading reading{.inhabitant = candidate};
  const auto trie = read_whole_file(folder->get(), "net/fib_trie", kLargestTable);
  const auto routes = read_whole_file(folder->get(), "net/route", kLargestTable);
  const auto inet6 = read_whole_file(folder->get(), "net/if_inet6", kLargestTable);
  const auto ipv6_routes = read_whole_file(folder->get(), "net/ipv6_route", kLargestTable);
  reading.is_whole =
      is_all(trie, false) && is_all(routes, false) && is_all(inet6, true) && is_all(ipv6_routes, true);
  add_to(reading.addresses, trie, parse_fib_trie);
  add_to(reading.addresses, inet6, parse_if_inet6);
  add_to(reading.routes, routes, parse_routes);
  add_to(reading.routes, ipv6_routes, parse_ipv6_routes);
  reading.cgroup = read_whole_file(folder->get(), "cgroup", kLargestCgroup).value_or(std::string());
  // It may have gone to another namespace meanwhile.
  if (!lives_in(folder->get(), netns)) return std::nullopt;
  return reading;
}

std::optional<std::vector<SocketRow>> NetworkReader::read_tables(
    base::Netns netns, std::span<const base::Pid> candidates) const {
  for (const base::Pid candidate : candidates)
    if (auto rows = read_tables(netns, candidate)) return rows;
  return std::nullopt;
}

std::optional<std::vector<SocketRow>> NetworkReader::read_tables(base::Netns netns,
                                                                 base::Pid candidate) const {
  const Visit visit = proc_.visit(candidate);
  if (!visit) return std::nullopt;
  const std::string path = process_folder(proc_.path(), candidate, {});
  const auto folder = open_folder(AT_FDCWD, path.c_str());
  if (!folder || !lives_in(folder->get(), netns)) return std::nullopt;
  ProcNetTables tables(path, kLargestSocketTable);
  std::vector<SocketRow> rows;
  for (const net::Protocol protocol : {net::Protocol::kTcp, net::Protocol::kUdp})
    if (!tables.read(protocol, rows)) return std::nullopt;
  if (!lives_in(folder->get(), netns)) return std::nullopt;
  return rows;
}

}  // namespace portwatch::sensor
